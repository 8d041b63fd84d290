"""What opens a definition in languages without a grammar here: patterns for one line, in tables.

Each pattern names the `indent`, the `name` and, as `word` or as the group of a kind, what it is.
Most languages open a definition with a keyword; those that do not have patterns of their own.
Knows nothing of where a definition ends.
"""

from __future__ import annotations

import re
from functools import cache

_MODIFIERS = (
    r"(?:(?:pub|public|private|protected|internal|static|abstract|final|sealed|export|extern|"
    r"inline|async|local|override|virtual|open|data|unsafe|const|mutable|noinline|comptime)"
    r"(?:\([\w ]*\))?\s+)*"
)
_KINDS = {
    "module": "module package namespace defmodule defimpl library",
    "class": "class object actor contract @implementation",
    "interface": "interface trait protocol defprotocol mixin typeclass @interface @protocol",
    "struct": "struct record union message defrecord",
    "enum": "enum",
    "impl": "impl extension instance",
    "function": "def defp fn fun func function sub proc procedure method macro defmacro defmacrop "
    "defguard defguardp defdelegate defun defn defn- defmulti let rpc @callback @macrocallback",
    "type": "type typedef newtype data table view service @type @typep @opaque index trigger "
    "sequence schema domain",
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words.split()}
_SQL_ONLY = {"table", "view", "index", "trigger", "sequence", "schema", "domain"}
_WORDS = "|".join(sorted(_KIND_OF.keys() - _SQL_ONLY, key=len)[::-1])
_INDENT = r"(?P<indent>[ \t]*+)"
_NAME = r"(?P<name>[^\W\d][\w.:!?'#-]*)"
_OPENER = (
    rf"(?i){_INDENT}\(?{_MODIFIERS}(?P<word>{_WORDS})!?\s+"
    rf"(?:(?:rec|family|type|class|instance)\s+)?{_NAME}"
)
# Zig's `const Name = struct {`, R's and Lua's `name = function(`.
_ASSIGNED = (
    rf"{_INDENT}(?:pub |local |const |val |var )*{_NAME}\s*(?::=|=|<-)\s*(?:packed |extern )?"
    r"(?P<word>struct|enum|union|class|function|fn)\b"
)
# SQL's `CREATE … TABLE name`; a schema before the name and quotes around it are not of the name.
_CREATED = (
    r"(?i)(?P<indent>)create\s+(?:or\s+replace\s+)?(?:(?:global|local|temp|temporary|unlogged|unique|"
    r"materialized|external|virtual|recursive)\s+)*(?P<word>table|view|function|procedure|index|"
    r"trigger|type|sequence|schema|domain)\s+(?:concurrently\s+)?(?:if\s+not\s+exists\s+)?"
    r"(?:[\[\"`]?\w+[\]\"`]?\.)*[\[\"`]?(?P<name>[^\W\d]\w*)"
)
# Objective-C's `- (void)name:(int)value`.
_SENT = r"(?P<indent>)(?P<function>[-+])\s*\([\w\s*<>,^]+\)\s*(?P<name>[a-z]\w*)"

_BRACED = (
    # A method of a class: perhaps a type, a name, parameters and a body.
    rf"{_INDENT}(?!(?:if|for|while|switch|catch|return|else|new|throw|assert|await|yield)\b)"
    r"(?:[\w.]+(?:<[^;={}()]*>)?\??\s+)*(?P<name>[^\W\d]\w*(?:\.\w+)?)"
    r"\s*(?P<function>\([^;={}]*\))\s*(?:async\*?|sync\*|throws [\w., ]+)?\s*(?:\{|=>)"
)
_GETTER = rf"{_INDENT}(?:\w[\w<>,?. ]*\s)?(?P<property>get)\s+(?P<name>\w+)\s*(?:\{{|=>|async)"
_OF_LANGUAGE: dict[str, tuple[str, ...]] = {
    "zig": (r"(?P<indent>)(?:pub )?(?P<variable>const|var) (?P<name>\w+)\b(?!.*@import\()",),
    "lua": (
        (
            r"(?P<indent>)(?P<variable>(?:local )?)(?P<name>[A-Z_a-z][\w.]*)\s*=(?!=)"
            r"(?!.*\brequire\b)"
        ),
    ),
    "r": (
        (
            r"(?P<indent>)(?:\w+\s*<-\s*)?(?:set(?:Class|RefClass)|R6Class)(?P<class>\()\s*"
            r"[\"'](?P<name>[\w.]+)"
        ),
        r"(?P<indent>)set(?:Generic|Method)(?P<function>\()\s*[\"'](?P<name>[\w.]+)",
        r"(?P<indent>)(?P<name>[A-Za-z.][\w.]*)\s*(?P<variable><-)",
    ),
    "haskell": (
        r"(?P<indent>[ \t]*)(?P<name>[a-z_][\w']*)(?P<function>(?:\s*,\s*\w+)*\s*::)\s",
        r"(?P<indent>[ \t]*)[{,]\s*(?P<name>[a-z_][\w']*)\s*(?P<field>::)\s",
    ),
    "perl": (
        r"(?P<indent>)use\s+(?P<constant>constant)\s+(?P<name>\w+)",
        r"(?P<indent>)(?P<variable>our)\s+[$@%](?P<name>\w+)",
        r"(?P<indent>)(?P<field>has)\s+[\"'+]*(?P<name>\w+)[\"']?\s*=>",
    ),
    "dart": (
        _GETTER,
        _BRACED,
        (
            r"(?P<indent>(?:[ \t]{2})?)(?:static |late |external )*"
            r"(?P<field>final|const|var|late)\s(?:[\w.]+(?:<[^;=]*>)?\??\s+)?(?P<name>\w+)\s*[=;]"
        ),
    ),
    "groovy": (_BRACED,),
    "makefile": (
        r"(?P<indent>)(?P<name>[A-Za-z_][\w./-]*)\s*(?P<function>::?)(?!=)",
        r"(?P<indent>)(?:export )?(?P<name>[A-Za-z_]\w*)\s*(?P<variable>[:?]?=)",
        r"(?P<indent>)(?P<macro>define)\s+(?P<name>\w+)",
    ),
    "cmake": (
        rf"(?i){_INDENT}(?P<function>function|macro)\s*\(\s*(?P<name>\w+)",
        (
            rf"(?i){_INDENT}add_(?P<variable>library|executable|custom_target)\s*\(\s*(?P<name>[\w-]+)"
        ),
    ),
    "vim": (rf"{_INDENT}(?P<function>command!?)\s+(?:-\S+\s+)*(?P<name>[A-Z]\w*)",),
}


@cache
def openers(language: str) -> tuple[re.Pattern[str], ...]:
    """The patterns of a language, to be matched with a line, the first that does deciding."""
    patterns = (_OPENER, _ASSIGNED, _CREATED, *_OF_LANGUAGE.get(language, (_SENT,)))
    return tuple(map(re.compile, patterns))


def kind(found: re.Match[str]) -> str:
    """The kind of the definition that a match opens."""
    groups = found.groupdict()
    if "word" in groups:
        return _KIND_OF.get(groups["word"].lower(), "function")
    return next(group for group in groups if group not in ("indent", "name"))
