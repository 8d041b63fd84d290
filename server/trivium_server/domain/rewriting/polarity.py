"""Whether a translation says no where its source says yes, or lifts a limit of it.

A small model loses a `not` now and then, or takes `unsafe` for `safe`, and no other check sees it:
the length, the names and the language are right. Only plain denials and common words that have one
in them are compared, and whatever may stand for one on the other side excuses it, so that people's
translations are hardly ever refused.
"""

from __future__ import annotations

import re

# Python's None denies nothing, "None of them" does; a French "ne … que" is an "only".
_PLAIN = {
    "en": r"not|never|cannot|no|(?-i:none)|None of|nothing|nobody|neither|\w+n['’]t",
    "de": r"nicht|kein\w*|niemals|niemand\w*|nie|nichts|nein|weder",
    "fr": r"(?:ne|n['’](?!importe)\w+)(?! (?:\S+ ){0,3}qu(?:e\b|['’]))"
    r"|(?<!un )(?<!le )pas|jamais|aucune?|rien",
    "es": r"no|nunca|nadie|ning[uú]n\w*|nada|jamás",
    "it": r"non?|mai|nessun\w*|niente|nulla",
}

# Words whose opposite says the same without a denial in it.
_OPPOSITES = {
    "en": r"without|unsafe|insecure|invalid|impossible|unable|unknown|unused|unsupported"
    r"|incorrect(?:ly)?|incompatible|unavailable|unexpected|unauthori[sz]ed|incomplete|unreachable"
    r"|inaccessible|untrusted|unstable|disabl(?:e[sd]?|ing)",
    "de": r"ohne|unsicher\w*|ungültig\w*|unmöglich\w*|unbekannt\w*|unbenutzt\w*|ungenutzt\w*"
    r"|unzulässig\w*|inkompatib\w*|unerwartet\w*|unvollständig\w*|unerreichbar\w*"
    r"|instabil\w*|deaktivier\w*",
    "fr": r"sans|invalides?|impossibles?|inconnue?s?|inutilisée?s?|incorrecte?s?|incompatibles?"
    r"|indisponibles?|inattendue?s?|incompl[eè]te?s?|inaccessibles?|instables?"
    r"|désactiv\w*",
    "es": r"sin(?! embargo)|insegur[oa]s?|inválid[oa]s?|imposibles?|desconocid[oa]s?"
    r"|incorrect[oa]s?|incompatibles?|inesperad[oa]s?|incomplet[oa]s?|inaccesibles?|inestables?|desactiv\w*"
    r"|des?habilit\w*",
    "it": r"senza|insicur[oiae]|impossibil[ei]|sconosciut[oiae]|inutilizzat[oiae]|incompatibil[ei]"
    r"|inattes[oiae]|incomplet[oiae]|inaccessibil[ei]|instabil[ei]|disabilit\w*"
    r"|disattiv\w*",
}

# Beginnings that deny, in any of the languages: not those of `install` or `important`.
_IN = (
    r"in(?:a[ct]|ad|app|asp|att|cap|coe|coh|comp|conn|cons|corr|d[eé]f|d[eé]p|dispon|eff|esis|esp"
    r"|ex|fin|habil|komp|kons|korr|nec|op|sat|s[eé]c|seg|sic|stab|suf|tol|trouv|[uú]t|v[aá]l"
    r"|v[ií]s)\w*|im(?:pos+ib|prop|prév|prev|pr[eé]c|mut|perf)\w*|irr\w+"
)

# What may stand for a denial, by what it says: nothing there, something wrong, kept from, too few,
# a word's own beginning.
_EXCUSES = (
    {
        "en": r"without|nor|non|None|empty|instead|\w+-free",
        "de": r"ohne|leer(?![zt])\w*|statt\w*|\w{2,}los(?:e\w?)?|\w+frei\w*",
        "fr": r"sans|ni|non|vides?",
        "es": r"sin|ni|tampoco|vac[ií]\w*",
        "it": r"senza|né|vuot\w*|priv[oiae]",
    },
    {
        "en": r"fail\w*|mis\w+|lack\w*|error\w*|bad|wrong|absen\w+|mal\w+|danger\w*|risk\w*",
        "de": r"\w*fehl\w*|miss\w*|falsch\w*|mangel\w*|gefähr\w+|risk\w+",
        "fr": r"échou?\w*|échec\w*|manqu\w*|absent\w*|err(?:on|eur)\w*|mal\w*|dang\w+|risqu\w+",
        "es": r"fall\w*|falt\w*|err[oó]\w*|mal|pelig\w+|riesg\w+",
        "it": r"fall\w*|manc\w*|err(?:or|at)\w*|peric\w+|risch\w+",
    },
    {
        "en": r"den[iy]\w*|refus\w*|prevent\w*|avoid\w*|exclud\w*|stop\w*|skip\w*|ignor\w*|omit\w*"
        r"|suppress\w*|reject\w*|off",
        "de": r"aus(?:schl|gelass|lass|geschal|schal)\w*|verhinder\w*|vermeid\w*|ignor\w*"
        r"|überspr\w*|verweiger\w*|abge(?:lehnt|schaltet)|abschal\w*|\w*sperr\w*|unter(?:drück|lass)\w*",
        "fr": r"évit\w*|empêch\w*|exclu\w*|ignor\w*|refus\w*|interdi\w*|omet\w*|omis\w*",
        "es": r"evit\w*|impid\w*|impedir|exclu\w*|ignor\w*|omit\w*|rechaz\w*|deneg\w*",
        "it": r"evit\w*|imped\w*|esclu\w*|ignor\w*|rifiut\w*|neg\w*|omet\w*|omess\w*",
    },
    {
        "en": r"only|few|little|hardly|at most",
        "de": r"nur|erst|wenige?|höchstens|kaum",
        "fr": r"seul\w*|peu",
        "es": r"s[oó]lo|solamente|poc[oa]s?",
        "it": r"solo|soltanto|poc(?:o|hi|he)",
    },
    {
        "en": r"unless|except",
        "de": r"außer\w*|sofern",
        "fr": r"sauf",
        "es": r"salvo|excepto",
        "it": r"tranne",
    },
    {
        "en": rf"{_IN}|un(?!der|til|i[oqtvcx]|less|do|hook|l(?:in|o)|mount|pack|zip)\w+"
        r"|dis(?:ab|al|ap|conn|reg|agr|card|cour)\w*",
        "de": rf"{_IN}|un(?!d|ter|s(?!i)|i[ovx])\w+|undef\w+|de(?:akt|inst)\w*",
        "fr": rf"{_IN}|dés(?!orm|ign|ir)\w+|déconn\w+",
        "es": rf"{_IN}|des(?:act|ap|aut|con(?:oc|ect)|h|instal|us)\w*",
        "it": rf"{_IN}|dis(?:ab|att|conn|instal|us)\w*|s(?:con|cor)\w+",
    },
)

# What a weak model takes for one another: that one may not, and that one need not.
_FORBIDS = {
    "en": r"must not|mustn['’]t|may not|shall not",
    "de": r"(?:darf|dürfen)(?: \S+){0,5} (?:nicht|kein\w*)"
    r"|(?:nicht|kein\w*)(?: \S+){0,5} (?:darf|dürfen)",
    "fr": r"ne (?:doi(?:t|vent)|peu(?:t|vent)) pas",
    "es": r"no (?:se )?(?:deben?|pueden?)",
    "it": r"non (?:si )?(?:dev(?:e|ono)|può|possono)",
}
_FREES = {
    "en": r"need not|needn['’]t|do(?:es)? not (?:need|have) to|not (?:be )?(?:required|necessary)",
    "de": r"(?:muss|müssen|brauch\w+)(?: \S+){0,5} nicht|nicht (?:nötig|notwendig|erforderlich)"
    r"|nicht(?: \S+){0,3} (?:muss|müssen|brauch\w+)",
    "fr": r"pas (?:besoin|nécessaires?|obligatoires?|requis\w*)",
    "es": r"no (?:es necesario|hace falta|tienen? que|necesitan?)",
    "it": r"non (?:è necessario|occorre|serve|ha bisogno)",
}
# The same of limits: at most, and at least.
_AT_MOST = {
    "en": r"at most|up to|maximum|(?<!not )(?<!no )(?:less|fewer|lower|smaller) than",
    "de": r"höchstens|maximal\w*|bis zu|(?<!nicht )(?:weniger|kleiner|kürzer|niedriger) als",
    "fr": r"au plus|maxim\w+|jusqu['’]\w+|(?<!pas )moins d(?:e|['’]\w+)|inférieure?s? [àa]\w*",
    "es": r"a lo sumo|como mucho|máxim\w+|hasta|(?<!no )menos de|menor(?:es)? (?:que|de|a|o igual)",
    "it": r"massim\w+|fino a\w*|(?<!non )meno di|minor[ei] (?:di|a|o uguale)|inferior[ei] a\w*",
}
_AT_LEAST = {
    "en": r"at least|minimum|(?<!not )(?<!no )(?:more|greater|higher|larger|longer) than"
    r"|or (?:more|greater|higher|larger|longer)",
    "de": r"mindestens|minimal\w*|(?<!nicht )(?:mehr|größer|höher|länger) als",
    "fr": r"au moins|minim\w+|(?<!pas )plus d(?:e|['’]\w+)|supérieure?s? [àa]\w*",
    "es": r"(?:al|por lo) menos|mínim\w+|(?<!no )más de|mayor(?:es)? (?:que|de|a|o igual)",
    "it": r"almeno|minim\w+|(?<!non )più di|maggior[ei] (?:di|a|o uguale)|superior[ei] a\w*",
}
# What a small model leaves out, and what of it a translation has in some word.
_SAID = (
    {
        "en": r"no longer|not (?:\S+ ){0,6}any ?more",
        "de": r"(?:nicht|keine?) mehr(?! als)",
        "fr": r"(?:ne|n['’]\w+) (?:\S+ )?plus(?! d)",
        "es": r"ya no",
        "it": r"non (?:\S+ )?più(?! (?:di|che|de))",
    },
    {
        "en": r"(?<!-)only(?!-)",
        "de": r"nur|lediglich|ausschließlich",
        "fr": r"uniquement|seulement",
        "es": r"s[oó]lo|solamente|únicamente",
        "it": r"solo|soltanto|solamente",
    },
    {
        "en": r"unless",
        "de": r"es sei denn",
        "fr": r"sauf si|à moins",
        "es": r"a menos|salvo que",
        "it": r"a meno",
    },
    {
        "en": r"at least",
        "de": r"mindestens",
        "fr": r"au moins",
        "es": r"(?:al|por lo) menos",
        "it": r"almeno",
    },
    {
        "en": r"at most",
        "de": r"höchstens",
        "fr": r"au plus",
        "es": r"a lo sumo|como máximo",
        "it": r"al massimo",
    },
)
_SAYS = (
    {
        "en": r"no longer|any ?(?:more|longer)|later|again|after\w*|once|stop\w*|expire\w*|un\w+",
        "de": r"(?:nicht|kein\w*|nie\w*)\b.* (?:mehr|länger)|abgelaufen",
        "fr": r"plus|cess\w+|expir\w+",
        "es": r"ya|más|dej\w+|cesa\w*|expir\w+",
        "it": r"più|smett\w+|scad\w+",
    },
    {
        "en": r"only|just|solely?|exclusively|mere\w*|purely|alone|unique\w*|single|but|not?|one",
        "de": r"\w*nur|lediglich|ausschlie\w+|erst|bloß|einzig\w*|allein\w*|rein\w*|nicht"
        r"|kein\w*|ein",
        "fr": r"seul\w*|uniquement|exclusiv\w+|que?|qu['’]\w+|simplement|juste|unique\w*|une?",
        "es": r"s[oó]l[oa]\w*|únic\w+|exclusiv\w+|más|apenas|simplemente|un",
        "it": r"sol[oaie]|solt?amente|soltanto|unic\w+|esclusiv\w+|semplicemente|che|puramente|un",
    },
    {
        "en": r"unless|except|without|only|until|not|no|cannot|\w+n['’]t",
        "de": r"es sei denn|außer\w*|sofern|ohne|solange|nur|nicht|kein\w*",
        "fr": r"sauf|à moins|sans|excepté|ne|n['’]\w+|tant",
        "es": r"a menos|salvo|excepto|sin|no|solo|mientras",
        "it": r"a meno|salvo|tranne|eccetto|senza|non|solo|finché",
    },
)
# "Without any" is a denial once.
_ONCE = re.compile(
    r"\b(sans|sin|senza)(?: \w+){0,2} (?:aucune?|rien|jamais|ning\w+|nada|nessun\w*|niente|nulla)\b"
)
_Words = dict[str, re.Pattern[str]]
_Said = tuple[str, str]
"""A text and the code of its language."""
_CODE = re.compile(r"`[^`]*`|(?<!\w)-{1,2}\w[\w-]*")


def differs(source: str, answer: str, origin: str, language: str) -> bool:
    """Whether one of two texts denies or forbids what the other, by all its words, does not."""
    if origin not in _PLAIN or language not in _PLAIN:
        return False
    one, other = (_read(source), origin), (_read(answer), language)
    return any(
        _denies_alone(*pair) or any(_opposes(*pair, *words) for words in _OPPOSED)
        for pair in ((one, other), (other, one))
    ) or any(_count(said, one) and not _count(says, other) for said, says in _KEPT)


def _read(text: str) -> str:
    return _ONCE.sub(r"\1", _CODE.sub(" ", text))


def _denies_alone(one: _Said, other: _Said) -> bool:
    """A word for what is denied excuses nothing: "no error" is not "an error"."""
    if _count(_DENIALS, other):
        return False
    if _count(_DENIALS, one):
        return not any(_count(kind, one) < _count(kind, other) for kind in _MAY_DENY)
    return _count(_OPPOSITE, one) > 0 and not any(_count(kind, other) for kind in _MAY_DENY)


def _opposes(one: _Said, other: _Said, said: _Words, opposite: _Words) -> bool:
    """Whether one text says what the other says the opposite of, and neither says both."""
    return bool(
        _count(said, one)
        and _count(opposite, other)
        and not _count(said, other)
        and not _count(opposite, one)
    )


def _count(words: _Words, said: _Said) -> int:
    text, language = said
    return len(words[language].findall(text))


def _compiled(words: dict[str, str]) -> _Words:
    return {
        language: re.compile(rf"(?<!\w)(?:{each})(?!\w)", re.IGNORECASE)
        for language, each in words.items()
    }


_DENIALS = _compiled(_PLAIN)
_OPPOSITE = _compiled(_OPPOSITES)
_MAY_DENY = [_compiled(kind) for kind in _EXCUSES]
_OPPOSED = (
    (_compiled(_FORBIDS), _compiled(_FREES)),
    (_compiled(_AT_MOST), _compiled(_AT_LEAST)),
)
_LIMIT = {
    language: "|".join((most, _AT_LEAST[language], _PLAIN[language]))
    for language, most in _AT_MOST.items()
}
_KEPT = tuple(
    (_compiled(said), _compiled(says))
    for said, says in zip(_SAID, (*_SAYS, _LIMIT, _LIMIT), strict=True)
)
