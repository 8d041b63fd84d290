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
# SQL's `CREATE … TABLE name`; quotes around the name and a schema before it, be it a template's
# `{{…}}`, are not of the name.
_CREATED = (
    r"(?i)(?P<indent>)create\s+(?:or\s+replace\s+)?(?:(?:global|local|temp|temporary|unlogged|unique|"
    r"materialized|external|virtual|recursive)\s+)*(?P<word>table|view|function|procedure|index|"
    r"trigger|type|sequence|schema|domain)\s+(?:concurrently\s+)?(?:if\s+not\s+exists\s+)?"
    r"(?:(?:\{\{[^{}]*\}\}|[\[\"`]?\w+[\]\"`]?)\.)*[\[\"`]?(?!if\s)(?P<name>[^\W\d]\w*)"
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
# A rule of a style sheet, by its selector or its last line, and `--name:`.
_RULES = (
    rf"{_INDENT}(?P<name>--[\w-]+)\s*(?P<field>:)",
    rf"{_INDENT}@(?P<function>mixin|function|keyframes)\s+(?P<name>[\w-]+)",
    r"(?P<indent>)(?P<name>[$@][\w-]+)\s*(?P<variable>:)",
    rf"{_INDENT}(?!@|\}})(?P<name>[^\s{{}};][^{{}};]{{0,118}}?)\s*(?P<section>\{{)[^{{}}]*\}}?\s*$",
)
_OF_LANGUAGE: dict[str, tuple[str, ...]] = {
    "css": _RULES,
    "scss": _RULES,
    "less": _RULES,
    # `-spec` opens the function below it; clauses of one name are put together in `outline`.
    "erlang": (
        r"(?P<indent>)-(?P<module>module)\s*\(\s*(?P<name>\w+)",
        r"(?P<indent>)-(?P<struct>record)\s*\(\s*(?P<name>\w+)",
        r"(?P<indent>)-(?P<macro>define)\s*\(\s*(?P<name>\w+)",
        r"(?P<indent>)-(?P<type>type|opaque)\s+(?P<name>\w+)",
        (
            r"(?P<indent>)(?:-(?:spec|callback)\s+)?"
            r"'?(?P<name>(?<=')[^'\n]+|[a-z][\w@]*)'?(?P<function>\()"
        ),
    ),
    "graphql": (
        r"(?P<indent>)(?:extend\s+)?(?P<struct>type|input|union)\s+(?P<name>\w+)",
        r"(?P<indent>)(?:extend\s+)?(?P<interface>interface)\s+(?P<name>\w+)",
        r"(?P<indent>)(?:extend\s+)?(?P<enum>enum)\s+(?P<name>\w+)",
        r"(?P<indent>)(?P<type>scalar)\s+(?P<name>\w+)",
        r"(?P<indent>)(?P<function>query|mutation|subscription|fragment)\s+(?P<name>\w+)",
        r"(?P<indent>)(?P<macro>directive)\s+(?P<name>@\w+)",
        r"(?P<indent>\t|  )(?P<name>\w+)\s*(?:\([^()]*\)\s*)?(?P<field>:)",
        r"(?P<indent>\t|  )(?P<name>[A-Z][A-Z\d_]*)(?P<member>)\s*(?:[@#].*)?$",
    ),
    "proto": (
        _OPENER,
        (
            r"(?P<indent>[ \t]+)(?:(?:repeated|optional|required)\s+)?[\w.]+(?:<[\w., ]+>)?\s+"
            r"(?P<name>\w+)\s*(?P<field>=)\s*\d"
        ),
        r"(?P<indent>[ \t]+)(?P<name>[A-Z]\w*)\s*(?P<member>=)\s*-?\d",
    ),
    # By their addresses: `aws_vpc.this`.
    "terraform": (
        r"(?P<indent>)(?P<class>resource|data)\s+\"(?P<name>[\w-]+\"\s+\"[\w-]+)\"",
        r"(?P<indent>)(?P<module>module)\s+\"(?P<name>[\w-]+)\"",
        r"(?P<indent>)(?P<class>provider)\s+\"(?P<name>[\w-]+)\"",
        r"(?P<indent>)(?P<variable>variable|output)\s+\"(?P<name>[\w-]+)\"",
    ),
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
_OF_THEIR_OWN = frozenset({"css", "scss", "less", "erlang", "graphql", "proto", "terraform"})
"""Languages to whose lines the keywords of others mean nothing."""


@cache
def openers(language: str) -> tuple[re.Pattern[str], ...]:
    """The patterns of a language, to be matched with a line, the first that does deciding."""
    patterns = _OF_LANGUAGE.get(language, (_SENT,))
    if language not in _OF_THEIR_OWN:
        patterns = (_OPENER, _ASSIGNED, _CREATED, *patterns)
    return tuple(map(re.compile, patterns))


def kind(found: re.Match[str]) -> str:
    """The kind of the definition that a match opens."""
    groups = found.groupdict()
    if "word" in groups:
        return _KIND_OF.get(groups["word"].lower(), "function")
    return next(group for group in groups if group not in ("indent", "name"))
