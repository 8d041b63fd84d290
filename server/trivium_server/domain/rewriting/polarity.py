"""Whether a translation says no where its source says yes, or the other way round.

A small model loses a `not` now and then, and no other check sees it: the length, the names and the
language are right. Only plain denials are compared, and whatever may stand for one on the other
side excuses it, so that people's translations are hardly ever refused.
"""

from __future__ import annotations

import re

_PLAIN = {
    "en": r"not|never|cannot|no|none|nothing|neither|\w+n['’]t",
    "de": r"nicht|kein\w*|niemals|nie|nichts",
    "fr": r"ne|pas|jamais|aucune?|rien|n['’](?!importe)\w+",
    "es": r"no|nunca|ning[uú]n\w*|nada|jamás",
    "it": r"non|mai|nessun\w*|niente|nulla",
}
_EXCUSES = {
    "en": r"without|nor|un\w+|in\w+|im\w+|dis\w+|non|fail\w*|miss\w*|lack\w*|only|unless|den[iy]\w*"
    r"|refus\w*|prevent\w*|avoid\w*|exclud\w*|instead|error\w*|bad|empty|few|little|except|stop\w*"
    r"|skip\w*|ignor\w*|omit\w*|suppress\w*|hardly|wrong",
    "de": r"ohne|weder|un\w+|fehl\w*|\w*los\w*|ausschl\w*|verhinder\w*|vermeid\w*|statt\w*|nur"
    r"|außer\w*|ignor\w*|überspr\w*|leer\w*|noch|verweiger\w*|abgelehnt|deaktiv\w*|miss\w*",
    "fr": r"sans|ni|non|im\w+|in\w+|dés\w+|mal\w*|échou?\w*|échec\w*|manqu\w*|éviter?|empêch\w*"
    r"|exclu\w*|seul\w*|sauf|ignor\w*|refus\w*|vides?|absent\w*|erron\w*",
    "es": r"sin|ni|tampoco|in\w+|im\w+|des\w+|fall\w*|falt\w*|evit\w*|impid\w*|impedir|exclu\w*"
    r"|s[oó]lo|solamente|salvo|excepto|ignor\w*|omit\w*|rechaz\w*|vac[ií]\w*|deneg\w*|error\w*",
    "it": r"senza|né|in\w+|im\w+|dis\w+|fall\w*|manc\w*|evit\w*|imped\w*|esclu\w*|solo|soltanto"
    r"|tranne|ignor\w*|rifiut\w*|vuot\w*|neg\w*|error\w*",
}
_CODE = re.compile(r"`[^`]*`|(?<!\w)-{1,2}\w[\w-]*")


def differs(source: str, answer: str, origin: str, language: str) -> bool:
    """Whether one of two texts denies what the other, by all its words, does not."""
    if origin not in _DENIALS or language not in _DENIALS:
        return False
    source, answer = (_CODE.sub(" ", text) for text in (source, answer))
    return _denies_alone(source, origin, answer, language) or _denies_alone(
        answer, language, source, origin
    )


def _denies_alone(one: str, its: str, other: str, others: str) -> bool:
    return bool(_DENIALS[its].search(one)) and not (
        _DENIALS[others].search(other) or _MAY_DENY[others].search(other)
    )


def _compiled(words: dict[str, str]) -> dict[str, re.Pattern[str]]:
    return {
        language: re.compile(rf"(?<!\w)(?:{each})(?!\w)", re.IGNORECASE)
        for language, each in words.items()
    }


_DENIALS = _compiled(_PLAIN)
_MAY_DENY = _compiled(_EXCUSES)
