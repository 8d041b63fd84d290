"""What in a text must not change: code, names, addresses, placeholders, numbers, markup.

Two views of the same text. The fine one sets the marks of a link or of emphasis apart and leaves
the words between them to be rewritten; the coarse one takes the whole of it as one span, for models
that lose such marks. Knows nothing of models.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

# One alternative per line, the longer and more certain ones first: the first that fits wins.
_SOLID = r"""
    (?::[\w:.+-]+:)?(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)_{0,2}   # code, roles, rst links
  | <!--.*?-->
  | <(?P<element>tt|code|kbd|samp|var|pre)\b[^<>]*>.*?</(?P=element)>   # code in HTML
  | <(?:https?|ftp|mailto)[^<>\s]*>
  | (?<![\w.])[\w.]+<[\w<>\[\],\s?.:&*]*>                                      # generics
  | </?[A-Za-z][^<>]*>                                                 # tags, <placeholders>
  | &(?:\w+|\#\d+|\#x[\da-fA-F]+);
  | !\[[^\]]*\]\([^()\s]*(?:\s[^()]*)?\)                               # images
  | \[\^[^\]\s]+\]:? | \[\d+\]                                         # footnotes
  | (?<=\])\[[^\[\]]*\] | (?<=\])\((?:[^()\s]|\([^()\s]*\))+(?:\s+"[^"]*")?\)  # where links go
  | \[[\w.:\#!?-]+(?:\(\))?\](?![(\[])                                # [name] of KDoc, rustdoc
  | (?<![\w+])\+:?[A-Za-z_][\w.:]*[?!]?\+(?![\w+])                     # +name+ of RDoc
  | (?<![\w:]):[a-z][\w+-]*:(?![\w:`])                                # :tada:
  | \b(?:https?|ftp|file|ssh|git|s3)://[^\s<>"'`()\[\]]*[\w/=&\#-]
  | \bwww\.[^\s<>"'`()]*[\w/]
  | (?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+                                       # addresses
  | \$\$.+?\$\$ | \$(?=[^\s$][^$]*[\\^_{=])[^$]*[^\s$]\$(?!\w)         # formulas
  | \$\{[^{}\s]*\} | \#\{[^{}]*\} | \$\([^()\s]*\) | \$\w+\([^()]*\) | \{\{.*?\}\}
  | \{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}                                    # ICU: {n, plural, other {#}}
  | %(?:\d+\$)?[-+\#0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|h|ll|l|z|j|t|L)?[sdiouxXfFgGeEcpqvTr](?!\w)
  | %\(\w+\)[-+\#0]*\d*(?:\.\d+)?[a-zA-Z] | %\d+\b | %\w+% | %%
  | \$[A-Za-z_]\w* | \$\d\b
  | (?<![\w-])--?[A-Za-z][\w-]*(?:=[^\s,;)]+)?                         # options
  | (?<![\w/.])(?:~|\.{1,2})?/(?:[\w.@+*-]+/)*[\w.@+*-]*[\w*/]         # absolute paths
  | \b[A-Za-z]:\\[^\s"'<>|]*[\w\\]
  | (?<![\w.@+-])[\w.@+-]+(?:/[\w.@+*-]+){2,}/?                                   # a/b/c
  | (?<![\w*])\*\.[A-Za-z]\w*\b                                        # *.py
  | @[\w/.-]*\w | (?<!\w)\#\d+\b
  | (?<=[.,:;!?])\\[nrt] | \\[nrt](?=[A-Z\\]) | \\[A-Za-z]+\b           # escapes, TeX
  | \b(?:TODO|FIXME|XXX|HACK|BUG)\b(?:\([^)]*\))?:?
  | (?!(?:[A-Za-z]\.)+[A-Za-z]\b|p\.e[xj]\b)                           # not "e.g", "z.B"
    \b[A-Za-z_]\w*(?:(?:\.|::|->|\#)[A-Za-z_]\w*)+(?:\([^()]*\)|\[[^\[\]]*\])?  # a.b, a::b()
  | \*{0,2}\b\w*[^\W_]_\w+(?:\([^()]*\))? | \b_+\w+(?:\([^()]*\))?     # snake_case
  | \b[A-Za-z]\w*\([^()\s]*\)                                          # call()
  | (?<![\w*])\*{1,2}[a-z]\w*(?![\w*])                                # *args
  | \b[a-z]+\d*[A-Z]\w* | \b(?:[A-Z]+[a-z]+\d*){2,}[A-Z]*\b | \b[A-Z]{2,}[a-z]{2,}\w*  # camelCase
  | \bv?\d+(?:\.\d+)++(?:-?(?:rc|alpha|beta|dev|post|a|b)\.?\d*)?+\b(?!,\d)     # versions
  | \b0[xX][\da-fA-F]+\b
  | (?!\d+(?:st|nd|rd|th|er|ère|e|er|º|ª)\b)\b[A-Za-z]*-?\d[\w]*(?:[-.,:]\d\w*)*%?
  | \b\w*[\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u209c\u2150-\u2189]+    # ½, m²
  | (?<!\w)[-=]>|<[-=]|[=!<>]=+|&&|\|\||[<>](?=\s)
  | [\u2190-\u21ff\u2200-\u22ff\u2300-\u27bf\u2b00-\u2bff\ufe0f\u200d\U0001f000-\U0001faff]+
"""
_LINK = r"\[(?P<label>[^\[\]]+)\](?P<target>\([^()\s]*(?:\([^()]*\))?[^()]*\)|\[[^\[\]]*\])"
_STRONG = "|".join(
    rf"(?<![\w{mark[-1]}]){mark}(?=[^\s{mark[-1]}])(?:(?!{mark}).)+?(?<=\S){mark}(?![\w{mark[-1]}])"
    for mark in (r"\*\*", "__", "~~", r"\*", "_")
)

_TOKENS = re.compile(_SOLID, re.VERBOSE | re.DOTALL)
_MARKUP = re.compile(f"{_LINK}|(?P<strong>{_STRONG})")


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text that must come out as it went in."""

    start: int
    end: int
    partner: int = -1
    """The start of the closing mark, for an opening one: they must enclose something."""


def fine(text: str, whole: Sequence[str] = ()) -> list[Span]:
    """The spans in order, with the marks of links and emphasis as spans of their own.

    `whole` are further parts of the text that must stay, here and below.
    """
    found = _plain(text, whole)
    marks: list[Span] = []
    for start, inner, close, end in _pairs(text, found):
        if text[start:end] not in whole:
            marks += [Span(start, inner, close), Span(close, end)]
    return _merge(marks, found)


def coarse(text: str, whole: Sequence[str] = ()) -> list[Span]:
    """The spans in order, with each link and each emphasis as a whole."""
    found = _plain(text, whole)
    wholes: list[Span] = []
    for start, _, _, end in _pairs(text, found):
        if not wholes or wholes[-1].end <= start:
            wholes.append(Span(start, end))
    return _merge(wholes, found)


def _plain(text: str, whole: Sequence[str]) -> list[Span]:
    found = [Span(*match.span()) for match in _TOKENS.finditer(text)]
    if not whole:
        return found
    parts = re.compile("|".join(map(_as_written, sorted(whole, key=len, reverse=True))))
    return _merge([Span(*match.span()) for match in parts.finditer(text)], found)


def _as_written(part: str) -> str:
    """A pattern of a part; a name is not found within a longer word."""
    return rf"(?<!\w){part}(?!\w)" if part.isidentifier() else re.escape(part)


def _pairs(text: str, solid: list[Span]) -> list[tuple[int, int, int, int]]:
    """Links and emphasis: the bounds of the opening and of the closing mark; none inside code.

    What is inside of emphasis follows it.
    """
    found = []
    places = [(0, len(text))]
    while places:
        for match in _MARKUP.finditer(text, *places.pop()):
            start, inner, close, end = pair = _marks(match)
            if not any(
                edge < span.end and not (start <= span.start and span.end <= end)
                for edge in pair
                for span in _last_before(edge, solid)
            ):
                found.append(pair)
                places += [(inner, close)] if match["strong"] else []
    return sorted(found)


def _marks(match: re.Match[str]) -> tuple[int, int, int, int]:
    start, end = match.span()
    if not match["strong"]:
        return start, start + 1, match.end("label"), end
    width = 2 if match[0][0] == match[0][1] else 1
    return start, start + width, end - width, end


def _merge(first: list[Span], second: list[Span]) -> list[Span]:
    """Both lists in order; of two that overlap, the one of the first list."""
    first = sorted(first, key=_start)
    kept = [
        span
        for span in second
        if not any(span.start < other.end for other in _last_before(span.end, first))
    ]
    return sorted([*first, *kept], key=_start)


def _last_before(offset: int, spans: list[Span]) -> list[Span]:
    """The last span that starts before an offset, if one does; the spans do not overlap."""
    at = bisect_left(spans, offset, key=_start)
    return spans[at - 1 : at] if at else []


def _start(span: Span) -> int:
    return span.start
