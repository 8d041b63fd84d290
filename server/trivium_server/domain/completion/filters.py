"""What makes a continuation fit its place: cut, completed or dropped with a reason.

Each rule takes the text as it is so far and gives the text to go on with, or raises `Dropped`
with a reason that a person can read. Knows no model and no probabilities.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from trivium_server.domain import languages, syntax
from trivium_server.domain.completion import brackets
from trivium_server.domain.completion.boundaries import Spot, within_block
from trivium_server.domain.completion.joining import Dropped, Fitted, joined_to_rest

_CONTROL = re.compile(
    r"<\|[\w.| -]{1,40}\|?>|<\uff5c[^>\n]{1,40}\uff5c>|</?(?:s|unk|pad|bos|eos|mask)>|"
    r"<(?:PRE|SUF|MID|EOT|EOD|BOS|EOS|start_of_turn|end_of_turn|fim[-_]\w+|endoftext|filename|"
    r"gh_stars|file_sep|repo_?name|issue_\w+|jupyter_\w+|empty_output|commit_\w+)>|\[/?INST\]"
)
_BROKEN = "\ufffd"
"""What the engine gives for a character of which it made a part only."""
_LATIN = "LATIN"
_STRICT_COMMAS = frozenset({"json", "sql"})
_LOOP = re.compile(r"(.{3,}?)\1{4,}$|(.{10,}?)\2{2,}$", re.DOTALL)
_LONGEST_LOOP = 400
"""Characters at the end in which a repetition is looked for: the time grows with their cube."""
_TRIVIAL = re.compile(r"[\W_]*|(else|end|fi|done|try|pass|break|return|default)[\W_]*")
_CLOSES = re.compile(r"\s*(?:[)\]};,]+|end|fi|done)\s*")
_DEFINES = re.compile(
    r"(?:(?:export|default|pub(?:\([\w ]+\))?|public|private|protected|internal|static|final|async|"
    r"abstract|override|open|sealed|data|partial|inline|suspend|unsafe|const)\s+)*"
    r"(?:def|fn|func|fun|function|class|interface|struct|enum|trait|import|from|use|package)\s|"
    r"#include\b|(?:public|private|protected|internal)\s.*(?:[({;]|=>)$|"
    r"@test\s"
)
_CLOSERS = (")", "]", "}")
_WORD = re.compile(r"\w")
_QUOTE = re.compile(r"[\"'`\\]")
_LINES_BELOW = 3
"""Lines below the cursor that are not said again; those farther off may well have a twin here."""


def fit(text: str, spot: Spot, *, block: bool) -> Fitted:
    """A model's continuation made to fit a cursor; raises `Dropped` when nothing fits."""
    for rule in _RULES[block]:
        text = rule(text, spot)
    if not text.strip():
        raise Dropped("the model has nothing to add here")
    fitted = joined_to_rest(_closed_lines(_indented(text, spot).rstrip(), spot), spot)
    _check(fitted, spot)
    return Fitted(fitted.text.replace("\n", spot.document.newline), fitted.replaced)


def _check(fitted: Fitted, spot: Spot) -> None:
    if not fitted.text.strip():
        raise Dropped("what the model has to add is there already")
    lines = _whole_lines(fitted, spot)
    if _repeats(lines, spot.lines_below(_LINES_BELOW)):
        raise Dropped("it repeats the lines that follow")
    if _CLOSES.fullmatch(lines[-1]) and lines[-1] in spot.lines_below(1):
        raise Dropped("it closes what the next line closes")
    if len(lines) == 1 and lines[0] == spot.above and not _is_trivial(spot.above):
        raise Dropped("it repeats the line above")
    if any(_DEFINES.match(line.strip()) and line in spot.block for line in lines):
        raise Dropped("it is defined or imported here already")
    if _leaves_comment(fitted, spot) and not spot.in_prose:
        raise Dropped("it opens a comment and does not end it")
    if not is_balanced(fitted, spot) and not spot.in_prose:
        raise Dropped("its brackets or quotes do not balance")
    if not is_readable(fitted, spot):
        raise Dropped("the line would make no sense any more with it")


def is_balanced(fitted: Fitted, spot: Spot) -> bool:
    """Whether brackets and quotes are as balanced with a suggestion as without it."""
    rest = spot.rest[fitted.replaced :]
    return brackets.fits(fitted.text, spot.near_above, spot.typed, rest, spot.document.language)


def is_readable(fitted: Fitted, spot: Spot) -> bool:
    """Whether what is there already fits the grammar as well as before.

    Asked where code follows on the cursor's line, where quotes are put into a string that ends
    there, and where brackets of other lines are closed. Else a line is being written, and the
    grammar says nothing: until it ends it is faulty either way.
    """
    rest = spot.rest[fitted.replaced :]
    quotes = rest.strip() and spot.in_prose and _QUOTE.search(fitted.text)
    if not (_WORD.search(rest) or quotes or _reaches_out(fitted, spot)) or spot.tree is None:
        return True
    text, language = spot.document.text, spot.document.language
    text = text[: spot.offset] + fitted.text + text[spot.offset + fitted.replaced :]
    tree = syntax.parse(text, language, spot.tree)
    return tree is None or tree.faults() <= spot.tree.faults()


def _reaches_out(fitted: Fitted, spot: Spot) -> bool:
    """Whether a suggestion closes a bracket that was opened above its line."""
    language = spot.document.language
    return brackets.closes_outer(fitted.text, spot.near_above, spot.typed, language)


def is_partial(text: str, spot: Spot) -> bool:
    """Whether a suggestion may end here though its line would go on: it leaves nothing open.

    Nor does it say no more than what follows the cursor.
    """
    if (text.endswith(",") and spot.rest[:1] in _CLOSERS) or spot.rest.startswith(text):
        return False
    language = spot.document.language
    return brackets.closes_itself(text, spot.near_above, spot.typed, language) or spot.in_prose


def _leaves_comment(fitted: Fitted, spot: Spot) -> bool:
    """Whether a suggestion begins a comment that would swallow what follows."""
    language = languages.by_id(spot.document.language)
    text, (opener, closer) = fitted.text, language.block_comment
    if opener and text.lstrip().startswith(opener) and closer not in text:
        return True
    marker = language.line_comment
    last = (spot.typed + text).rsplit("\n", 1)[-1]
    return bool(marker) and bool(spot.rest[fitted.replaced :].strip()) and f" {marker} " in last


def _without_control(text: str, spot: Spot) -> str:
    """Cut before a token of the model's own markup; drop what has pieces of characters."""
    match = _CONTROL.search(text)
    text = text[: match.start()] if match else text
    if _BROKEN in text and _BROKEN not in spot.document.text:
        raise Dropped("it ends within a character")
    return text


def _in_known_script(text: str, spot: Spot) -> str:
    """Drop words in a script that the file does not use: a small model strays into Chinese."""
    if not text.isascii() and not _scripts(text) <= _scripts(spot.around) | {_LATIN}:
        raise Dropped("it is in a script that this file does not use")
    return text


def _scripts(text: str) -> set[str]:
    """The scripts of a text's letters beyond ASCII, such as `LATIN` and `CJK`."""
    letters = {char for char in text if char > "\x7f" and char.isalpha()}
    return {unicodedata.name(letter, "").split(" ")[0] for letter in letters}


def _with_unix_line_ends(text: str, spot: Spot) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _first_line(text: str, spot: Spot) -> str:
    return text.split("\n", 1)[0]


def _block(text: str, spot: Spot) -> str:
    """Lines of the block at the cursor, up to one that is there already below."""
    lines = within_block(text, spot.indent).split("\n")
    below = {line.strip() for line in spot.lines_below(_LINES_BELOW) if not _is_trivial(line)}
    for index, line in enumerate(lines):
        if line.strip() in below or (index and line.strip() and line == lines[index - 1]):
            return "\n".join(lines[:index])
    return "\n".join(lines)


def _without_loop(text: str, spot: Spot) -> str:
    """Drop a text that has begun to say the same again and again."""
    if _LOOP.search(text.rstrip()[-_LONGEST_LOOP:]):
        raise Dropped("it repeats itself")
    return text


def _without_last_comma(text: str, spot: Spot) -> str:
    """No comma behind the last of a list in a language that has none there."""
    below = next(iter(spot.lines_below(1)), "").lstrip()
    if spot.document.language in _STRICT_COMMAS and below.startswith(_CLOSERS):
        return text.rstrip().removesuffix(",")
    return text


_Rule = Callable[[str, Spot], str]
_FIRST: tuple[_Rule, ...] = (_without_control, _with_unix_line_ends)
_LAST: tuple[_Rule, ...] = (_in_known_script, _without_loop, _without_last_comma)
_RULES: dict[bool, tuple[_Rule, ...]] = {
    False: (*_FIRST, _first_line, *_LAST),
    True: (*_FIRST, _block, *_LAST),
}
"""What is done with a line, and with a block, before it is joined to its place."""


def _indented(text: str, spot: Spot) -> str:
    """The same kind of white space as the file; none in front where the cursor is indented.

    Nor in the first line of a file.
    """
    if not spot.typed.strip():
        text = text.lstrip(" \t") if spot.typed or not spot.above else text
    elif spot.typed[-1:].isspace():
        text = text.lstrip(" \t")
    if "\n" not in text:
        return text
    first, *others = text.split("\n")
    return "\n".join([first, *(_respaced(line, spot.indent) for line in others)])


def _respaced(line: str, indent: str) -> str:
    """A line whose tabs or spaces are those of its neighbours."""
    content = line.lstrip(" \t")
    space = line[: len(line) - len(content)]
    if "\t" in indent:
        space = space.replace("    ", "\t")
    elif indent:
        space = space.replace("\t", "    ")
    return space + content


def _closed_lines(text: str, spot: Spot) -> str:
    """As many lines of a block as close what they open; its first line in any case."""
    lines = text.split("\n")
    while len(lines) > 1 and not is_partial("\n".join(lines), spot):
        lines.pop()
    return "\n".join(lines).rstrip()


def _whole_lines(fitted: Fitted, spot: Spot) -> list[str]:
    """The lines as they will be once the suggestion is accepted."""
    return (spot.typed + fitted.text + spot.rest[fitted.replaced :]).split("\n")


def _repeats(lines: list[str], others: list[str]) -> bool:
    """Whether a suggested line says what one of the others says."""
    there = {other.strip() for other in others}
    return any(line.strip() in there and not _is_trivial(line) for line in lines)


def _is_trivial(line: str) -> bool:
    """A closing bracket or a bare keyword may well be followed by another one."""
    return _TRIVIAL.fullmatch(line.strip()) is not None
