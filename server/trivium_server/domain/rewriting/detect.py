"""Which natural language a text is written in: from its script, its commonest words, its letters.

Made for the short texts of developers: a comment, a heading, a message. Code words and names carry
no weight. Knows nothing of documents.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from trivium_server.domain.rewriting import trigrams
from trivium_server.domain.rewriting.legible import legible

_CODE = re.compile(r"`[^`]*`|\w*(?:_|[a-z][A-Z])\w+|\w+://\S+")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")

# The commonest function words of each language, and words that developers' texts are full of.
# The languages from Portuguese on are here so that they are not taken for one of the others.
_COMMON = {
    "en": """the of and to in is a for that this be with are on it as by not from or an if when will
        can have has was which you your all use used file name value set new only should must may
        does been were than then there no more given returns return get whether each same into its
        we they their any but do at what how where so same between such other please could would
        while after before error failed invalid cannot unable show list number code text unknown""",
    "de": """der die das und ist nicht ein eine einen einem eines den dem des zu mit von für auf im
        in wird werden kann sie es oder als auch an aus bei nach wenn nur über dass diese dieser
        dieses sind hat noch so wie zum zur keine kein alle wurde muss soll bitte datei name wert
        fehler vom ob durch um ihre wir ich man hier mehr konnte können anzeigen neue ungültig
        ungültige liste verwendet auswählen sich beim bis unter zwischen ohne sowie einer""",
    "fr": """le la les de des du et est un une pour dans que qui pas ne sur avec par au aux ce cette
        ces il elle être ou plus en sont si vous votre nous se son sa ses à été fichier nom valeur
        erreur tous tout toutes lors depuis sans entre comme peut doit aucun aucune impossible
        utilisé liste afficher nouveau nouvelle cela leur mais où même afin non ainsi chaque""",
    "es": """el la los las de del y es un una para en que no se con por al su sus como más o este
        esta estos estas ser son si lo está fichero archivo nombre valor error todos todas cuando
        sin entre sobre puede debe desde hay ya también usar usado lista mostrar nuevo nueva cada
        muy pero donde ningún ninguna hasta ha han fue según otro otra así""",
    "it": """il lo la i gli le di del della dei delle degli dello e è un una uno per in che non con
        si da dal dalla al alla ai alle sono nel nella come più o questo questa questi se su sul
        essere file nome valore errore tutti tutte tutto quando può deve anche ogni nessun nessuna
        impossibile senza tra usato usare elenco mostra nuovo nuova viene ha stato ma dove solo""",
    "pt": """o os as do da dos das em no na nos nas um uma para com por não que se é ao como mais
        ou este esta são ser está arquivo ficheiro nome valor erro todos quando pode deve também
        você seu sua foi mas sem muito já isso usar lista nova novo""",
    "nl": """de het een en van is niet op te in met voor dat die zijn aan als er bij of naar om ook
        door wordt worden kan deze dit maar nog uit over geen bestand naam waarde fout moet alle
        wanneer wij hij zij heeft gebruik nieuwe""",
    "ro": """și este nu în la cu pe un o de din pentru care că se sau sunt fi mai ce al ale cel
        fișier nume valoare eroare poate trebuie dacă acest această toate când fără prin""",
    "sv": """och att det är som på inte av för till från ett eller inga ingen med har vid kan ska
        kunde skulle måste mycket bara endast även utan denna detta varje filen okänd ogiltig hur
        mellan efter över när finns inget vanlig""",
    "da": """og det som på af til ikke med eller fra kunne skal ved være blive blev bliver har når
        hvis uden denne dette også meget kun filen fejl ukendt ugyldig mellem efter findes nøgle
        helt hvor almindelig""",
    "no": """og det som på av til ikke med eller fra kunne skal ved være bli ble blir har når hvis
        uten denne dette også veldig bare filen feil ukjent ugyldig mellom etter finnes nøkkel
        helt hvor vanlig""",
    "fi": """ja ei ole on tai että voi joka tämä jos kun niin mutta vain ovat olla myös kuin sekä
        tiedosto tiedoston virhe tuntematon tavallinen eivät oli hän jotka""",
    "pl": """nie się jest to na do że jak przez dla ale jako tylko lub być są został może który
        która które ten tej tego jeśli oraz bez przy plik pliku błąd można zwykły""",
    "cs": """je není být jako pro ale nebo jsou který která které lze nelze při pouze soubor
        souboru chyba bylo byl tento ten tato toto že také jak již musí aby když""",
    "hu": """nem az egy és hogy van nincs csak ez vagy meg volt lehet már ki kell fel ezt azt mint
        minden fájl hiba amely ami amelyet ha ezek után nélkül""",
    "tr": """bir ve bu için ile değil olarak daha çok gibi kadar sonra dosya dosyası veya yok var
        her olan hata geçersiz olduğu ama ancak""",
}

_NEIGHBOURS = _COMMON.keys() - trigrams.LANGUAGES
"""Those of which no trigrams are known."""
_LEADS = 0.5
_CLEARER, _SURE = 0.5, 4.0
"""How far ahead of the second a language must be, by its words alone and with its trigrams."""
_FOREIGN = re.compile(r"[^\W\d_a-zäöüßàâçéèêëîïôùûüœæáíóúñìòªº]")
"""A letter that none of the other languages has: Turkish and Polish look like something, too."""
_FEW_FOREIGN = 5
"""One such word in so many is no name any more."""
_OTHERS_LEAD = 6.0
"""How far ahead the other languages together must be to rule one out, by words and trigrams. They
are with 3 % of labels of two words in a language that is known, with 0.5 % of longer ones, and with
83 % and 92 % of those in another."""
_BEYOND_DOUBT = 3.0
"""How far ahead its common words alone make a language the one."""
_COMMON_WORD = 4.0
"""What a common word counts beside the logarithms of trigrams."""

_LETTERS = {
    "de": "äöüß",
    "fr": "çêâîôûëïœèéà",
    "es": "ñáíóúé¿¡",
    "it": "àèìòù",
    "pt": "ãõçáâêôé",
    "ro": "ășțțâî",
}

_ENDINGS = {
    "en": ("ing", "ed", "ness", "ly"),
    "de": ("ung", "ungen", "keit", "lich", "schen", "ieren", "iert", "heit", "te", "ten"),
    "fr": ("eux", "ement", "aux", "ez", "ée", "és", "ées", "eur", "ique", "iques"),
    "es": ("ción", "ciones", "ado", "ada", "ados", "dad", "ar", "os", "as"),
    "it": ("zione", "zioni", "mente", "ato", "ati", "ata", "tà", "are", "gli", "ssimo"),
    "pt": ("ção", "ções", "ados", "dade", "mente"),
    "nl": ("ijk", "ing", "aar", "en"),
    "ro": ("ului", "elor", "rea", "ții"),
}

# First and last character of blocks whose script alone tells the language, or nearly.
_SCRIPTS = (
    ("ru", "\u0400", "\u04ff"),
    ("el", "\u0370", "\u03ff"),
    ("he", "\u0590", "\u05ff"),
    ("ar", "\u0600", "\u06ff"),
    ("hi", "\u0900", "\u097f"),
    ("th", "\u0e00", "\u0e7f"),
    ("ko", "\uac00", "\ud7af"),
    ("ja", "\u3040", "\u30ff"),
    ("zh", "\u4e00", "\u9fff"),
)


def language_of(text: str) -> str:
    """The code of the text's language, or empty when the text does not tell.

    Texts of one or two words often do not tell. Of a long text only the beginning is read.
    """
    text = _plain(text)
    script = _script(text)
    if script:
        return script
    words = _words(text)
    scores = _scores(words)
    if _NEIGHBOURS.intersection(_leaders(scores)):
        return _leader(scores, _CLEARER)
    if best := _leader(scores, _BEYOND_DOUBT):
        return best
    if any(map(_FOREIGN.search, words)):
        return ""
    # An odd word is no surer for being said again.
    return _by_letters(list(dict.fromkeys(words)), scores)


def _by_letters(words: Sequence[str], scores: Mapping[str, float]) -> str:
    """The language by trigrams together with the common words."""
    letters = trigrams.scores(words)
    both = {each: _COMMON_WORD * scores[each] + letters[each] for each in trigrams.LANGUAGES}
    return _leader(both, _SURE if len(words) > 2 else 2 * _SURE)


def is_language(text: str, language: str) -> bool:
    """Whether a text may be of a language: false only when it clearly is of another."""
    return language_of(text) in ("", language)


def may_be(text: str, language: str) -> bool:
    """Whether a text may be of a language that it does not tell or does not tell for sure.

    Not when its words and letters are those of a language that is not known here. One word alone
    rules out nothing, but by its letters.
    """
    words = _words(_plain(text))
    if language not in trigrams.LANGUAGES or not words:
        return True
    if len(words) <= _FEW_FOREIGN * sum(bool(_FOREIGN.search(word)) for word in words):
        return False
    if len(words) == 1:
        return True
    common = _scores(words)
    lead = common[language] - max(common[each] for each in _NEIGHBOURS)
    if lead >= _BEYOND_DOUBT:
        return True
    letters = trigrams.scores(dict.fromkeys(words))
    return letters[trigrams.OTHERS] - letters[language] <= _COMMON_WORD * lead + _OTHERS_LEAD


def _plain(text: str) -> str:
    return _CODE.sub(" ", legible(text[:8000]))


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _leader(scores: Mapping[str, float], margin: float) -> str:
    """The language that is ahead of the second by a margin, or none."""
    (second, _), (first, best) = sorted((score, each) for each, score in scores.items())[-2:]
    return best if second + margin <= first else ""


def _leaders(scores: Mapping[str, float]) -> list[str]:
    """The languages with the highest score, none when hardly anything speaks for any."""
    highest = max(scores.values())
    return [each for each, score in scores.items() if score == highest > _LEADS]


def _scores(words: Sequence[str]) -> dict[str, float]:
    scores = dict.fromkeys(_COMMON, 0.0)
    for word in words:
        for language, weight in _WEIGHTS.get(word, {}).items():
            scores[language] += weight
        if word not in _WEIGHTS:
            for language, endings in _ENDINGS.items():
                scores[language] += 0.25 * (len(word) > 4 and word.endswith(endings))
        if not word.isascii():
            for language, letters in _LETTERS.items():
                scores[language] += 0.4 * any(char in letters for char in word)
    return scores


def _script(text: str) -> str:
    """The language of a text that is mostly in a script of its own."""
    wide = [char for char in text if char >= "\u0370"]
    letters = sum(char.isalpha() for char in text)
    counts = Counter(
        language for char in wide for language, first, last in _SCRIPTS if first <= char <= last
    )
    if not counts or 3 * counts.total() < letters:
        return ""
    # Japanese writes most of its nouns with Chinese characters.
    return "ja" if counts["ja"] and counts["zh"] else counts.most_common(1)[0][0]


def _weights() -> Mapping[str, Mapping[str, float]]:
    """For each common word, the languages that have it: the fewer, the more it says."""
    owners: dict[str, list[str]] = {}
    for language, words in _COMMON.items():
        for word in set(words.split()):
            owners.setdefault(word, []).append(language)
    return {
        word: {each: 1.0 if len(found) == 1 else 0.7 / len(found) for each in found}
        for word, found in owners.items()
    }


_WEIGHTS = _weights()
