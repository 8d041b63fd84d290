"""Which lines of a comment are sentences, and what stands before the sentence on a line.

Everything else in a comment is left alone: rulers, tables, code, doctests, directives to tools,
section names that tools look for, tags without a description.
"""

from __future__ import annotations

import re

_RULED = re.compile(r"\s*(\|.*\||\+[-=+]+\+)\s*$")
_TOOLS = re.compile(
    r"\s*(?:[#@]\s*)?(?:noqa|type:|pylint|pyright|mypy|ruff:|isort:|fmt:|yapf:|pragma\b|flake8|eslint|@ts-|jshint"
    r"|jslint|prettier-|istanbul|c8 ignore|v8 ignore|tslint|webpack|sourceMappingURL|@jsx|@flow"
    r"|go:|\+build|nolint|NOLINT|clang-format|clang-tidy|IWYU|cppcheck|coverity|rubocop|shellcheck"
    r"|frozen_string_literal|-\*-|vim?:|ex:|#?region\b|#?endregion\b|MARK:|swiftlint|ktlint|noinspection"
    r"|phpcs|phpstan|psalm|SPDX-|@formatter|@generated|!/|Copyright\b|\(c\)|©|language=|spell"
    r"|ty:|cspell|nosec\b|pyre-|pyrefly|basedpyright|NOSONAR|CHECKSTYLE|credo:|typed:|:nocov:|:nodoc:"
    r"|standard:|lint:|hadolint|stylelint-|skipcq|zizmor|(?:en)?coding[:=]\s*[\w-]+\s*$"
    r"|syntax\s*=|escape\s*=|yaml-language-server|\$schema|dprint|biome|oxlint|deno-|\$(?:omp|acc)\b"
    r"|(?:DIR|DEC)\$|vite-|(?<=[#@])__[A-Z]+__|%%|!\w|In\[|%(?:matplotlib|load_ext|autoreload|pip|conda)\b"
    r"|(?:globals?|exported)\s+[\w$]+(?::\s*\w+)?(?:\s*,\s*[\w$]+(?::\s*\w+)?)*\s*$)",
)
_SECTION = re.compile(
    r"\s*(?:Args|Arguments|Attributes|Parameters|Keyword Args|Keyword Arguments|Other Parameters|"
    r"Returns?|Yields?|Raises|Throws|Warns|Examples?|Notes?|References|See Also|Todo|Usage|"
    r"Options|Methods|Panics|Errors|Safety|Warnings?|Side effects):{1,2}\s*$"
)
_LABEL = re.compile(
    r"\s*(?:#\s+(?:Panics|Errors|Safety|Examples?)|[-*+]\s+(?:Parameters|Returns|Throws):)\s*$"
)
_OPTION = re.compile(r"\s*--?[a-zA-Z]")
_SAMPLES = re.compile(r"\s*(?:Examples?|Usage):{1,2}\s*$")
_DIRECTIVE = re.compile(r"\s*\.\. |\s*\[[^\[\]]+\]:\s+\S+$|\s*:\w+:\s*$|\s*:(?:r|var|)type\b")
_TRAILER = re.compile(
    r"\s*(?:[A-Z][a-z]+(?:-[a-z]+)*-(?:by|to|from):\s|(?:Fix(?:es)?|Closes?|Resolves?|Refs?):?\s+#\d)"
)
_NUMPY_FIELD = re.compile(
    r"\s*\*{0,2}\w+\s*\(.*\)\s*:\s*$|\s*\*{0,2}\w[\w.]*(?:\s*,\s*\*{0,2}\w+)*\s:\s\S"
)
_BARE_TAG = re.compile(r"\s*[@\\](?:\w+)(?:\s+(?:\{.*\}|\S+))?\s*$")
_OTHER_TAG = re.compile(
    r"\s*[@\\](?:see|r?type|typedef|author|version|template|extends|implements|module|class|"
    r"memberof|name|file|license|link|access|category|package|subpackage|uses|var|method|ingroup|"
    r"addtogroup|defgroup|suppress|default|enum|kind|callback|code|endcode|example)\b"
)

_BULLET = (
    r"(?:[-*+•‣]|\(?\d{1,3}[.)]|\#\.|\(?[a-zA-Z]\))\s+(?:\[[ xX]\]\s+)?(?:(?:Parameter )?\w+:\s+)?"
)
_RST_FIELD = r":[a-zA-Z]+(?:\s[^:`]*)?:\s+"
_TYPE = r"\{(?:[^{}]|\{[^{}]*\})*\}"
_ERROR = r"(?:(?:\w+(?:\.|::|\\))+\w+|[A-Z]+[a-z]+[A-Z]\w*|\w*(?:Error|Exception))"
_TAG = (
    r"[@\\](?:param|arg|argument|property|prop|tparam|retval|keyword|ivar|cvar)"
    rf"(?:\[[^\]]*\])?\s+(?:{_TYPE}\s+)?"
    r"(?:\[[^\]]*\]|[\w.$&<>]+)(?:\s+\[[^\]]*\])?(?:\s+-|:)?\s+"
    rf"|[@\\](?:returns?|yields?):?\s+(?:{_TYPE}\s*|\[[^\]]*\]\s*)?(?:-\s+)?"
    rf"|[@\\](?:throws?|exception|raises?):?\s+"
    rf"(?:{_TYPE}\s*|\[[^\]]*\]\s*|{_ERROR}:?\s+)?(?:-\s+)?"
    r"|<(?:param|typeparam|returns?|exception|summary|remarks|value|para|li|p|dt|dd)\b[^>]*>\s*"
    r"|[@\\](?:brief|deprecated|remarks?|note|todo|description|desc|summary|since|warning|details"
    r"|short|sa|pre|post|bug|attention|internal|apiNote|implNote)\s+"
    rf"|@[a-zA-Z][\w-]*\s+(?:{_TYPE}\s*)?"
)
_HEAD = r"\#{1,6}\s+|[=*~-]{2,}\s+|Deprecated:\s+"
_LEAD = re.compile(rf"\s*(?:{_BULLET}|{_RST_FIELD}|{_TAG}|{_HEAD})")
_NAMED = re.compile(r"\s*\w+:\s+\S")
_ITEM = re.compile(r"\s+\*{0,2}[\w.]+(?:\[[^:]*\])?(?:\s*\([^)]*\))?:\s+")
_BULLET_START = re.compile(rf"\s*{_BULLET}")
_HEAD_START = re.compile(rf"\s*(?:{_HEAD})")

_STATEMENT = re.compile(
    r"\s*(?:import\s+[\w.{*\"']|from\s+\S+\s+import\b|(?:async\s+)?def\s+\w+\s*\(|class\s+\w+\s*[:({]"
    r"|(?:if|for|while|switch|elif)\s*\(|#\s*(?:include|define|ifn?def|endif)\b|[$>%]\s+\S"
    r"|(?:const|let|var|val|fn|func|public|private|static|return)\s+[\w$]+\s*(?:[=:(;]|$)"
    r"|(?:namespace|package|module|include|require|using|extern)\s+[\w:.<>\"'/]+;?\s*$"
    r"|(?:end )?(?:anonymous )?namespace\s*$"
    r"|(?:if|elif|else|for|while|try|except|with)\b.*:\s*(?:return|pass|break|continue|raise|yield)\b"
    r"|(?:if|elif|for|while|except|with)\s(?=.*:\s*$).*(?:\w[(\[.]\w|[!=<>]=|\w\(\))"
    r"|[\])}]+[;,]?\s*$|</?\w[^<>]*>\s*$|['\"][^'\"]*['\"]\s*:)"
)
_ASSIGNMENT = re.compile(r"\s*[\w.\[\]\"'$]+\s*(?:[-+*/|&^%]?=|:=|==)\s*(?P<value>\S.*)?$")
_CALL = re.compile(r"\s*[\w.]+\([^()]*\)[;:]?\s*$")
_INLINE = re.compile(r"`[^`]*`|!?\[[^\]]*\]\([^)]*\)|<?https?://[^\s>]+>?|</?\w[^<>]*>")
_LEGAL = re.compile(
    r"SPDX-License|Licensed (?:under|to)\b|Permission is hereby granted|Redistribution and use"
    r"|(?:governed by|under the terms of) (?:an?|the) .{0,40}licen[cs]e"
    r"|WITHOUT WARRANT|All rights reserved|free software[:;]"
)
_PLAIN = re.compile(r"[^\W\d_]{2,}")


def lead(line: str, item: bool = False) -> int:
    """The width of what stands before the sentence: indentation, bullet, tag, field name.

    `item` admits the `name: description` of a section of arguments.
    """
    start = 0
    while rest := line[start:]:
        match = _LEAD.match(rest) or (_ITEM.match(rest) if item and not start else None)
        if not match:
            return start + len(rest) - len(rest.lstrip())
        start += match.end()
        if not _BULLET_START.match(rest):
            break
    return start


def begins_item(line: str, item: bool = False) -> bool:
    """Whether a line begins something new, whatever stood above it."""
    return bool(_LEAD.match(line) or (item and _ITEM.match(line)))


def are_items(line: str, other: str) -> bool:
    """Whether two lines are of a list of names with what they mean."""
    return bool(_NAMED.match(line) and _NAMED.match(other))


def is_bullet(line: str) -> bool:
    """Whether a line begins a list item."""
    return bool(_BULLET_START.match(line))


def is_head(line: str) -> bool:
    """Whether a line begins with a mark that further lines do not hang below."""
    return bool(_HEAD_START.match(line))


def is_section(line: str) -> bool:
    """Whether a line is the name of a docstring's section."""
    return bool(_SECTION.match(line))


def is_sample(line: str) -> bool:
    """Whether a line is the name of a section of code."""
    return bool(_SAMPLES.match(line))


def is_option(line: str) -> bool:
    """Whether a line begins with an option of a command."""
    return bool(_OPTION.match(line))


def is_legal(text: str) -> bool:
    """Whether a comment is a licence: a translation would not be one."""
    return bool(_LEGAL.search(text))


def is_untouchable(line: str, continues: bool = False) -> bool:
    """Whether a line by itself shows that it is not for people, or not to be changed.

    A line that continues a sentence may begin with whatever the line break left there.
    """
    marks = (_RULED, _SECTION, _DIRECTIVE, _NUMPY_FIELD, _OTHER_TAG, _BARE_TAG, _LABEL, _TRAILER)
    if any(pattern.match(line) for pattern in marks):
        return True
    if continues:
        return line.isascii() and not any(char.isalnum() for char in line)
    tools = _TOOLS.match(line) or is_option(line)
    return bool(tools) or not any(char.isalpha() for char in line)


def is_code(line: str) -> bool:
    """Whether a line looks like commented-out code or a sample."""
    if _STATEMENT.match(line):
        return True
    text = _INLINE.sub("it", line.strip())
    words = len(_PLAIN.findall(text))
    if _CALL.match(text) or text.endswith((";", "{", "=>", "&&", "||")):
        return True
    assignment = _ASSIGNMENT.match(text)
    if assignment:
        value = assignment["value"] or ""
        if value[:1] in "\"'[{(" or _CALL.match(value) or len(_PLAIN.findall(value)) < 4:
            return True
    odd = sum(char in '(){}[]<>=;|&$\\"_' for char in text)
    return odd >= 4 and 3 * odd > len(text) - 2 * words
