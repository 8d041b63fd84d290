from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivium_server.domain.rewriting import guard, spans
from trivium_server.domain.rewriting.guard import BRACKETS, SENTINELS, Rejected


def pieces(text, view=spans.coarse):
    return [text[span.start : span.end] for span in view(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Use `a b` and ``c ` d``.", ["`a b`", "``c ` d``"]),
        ("See :class:`Foo` for more.", [":class:`Foo`"]),
        ("Call foo_bar(x) or getName() twice.", ["foo_bar(x)", "getName()"]),
        ("os.path.join and std::move are fine, e.g. here.", ["os.path.join", "std::move"]),
        ("%s files, %(name)s, %-5.2f%% of %1", ["%s", "%(name)s", "%-5.2f", "%%", "%1"]),
        ("{name} and ${HOME} and $x and {{ y }}", ["{name}", "${HOME}", "$x", "{{ y }}"]),
        ("At https://example.org/a?b=1. Then", ["https://example.org/a?b=1"]),
        ("Mail me@example.org now", ["me@example.org"]),
        ("In /etc/hosts or src/a/b.py or *.txt", ["/etc/hosts", "src/a/b.py", "*.txt"]),
        ("Pass --no-color or -v, version 1.2.3", ["--no-color", "-v", "1.2.3"]),
        ("Wait 30 seconds, 50% more", ["30", "50%"]),
        ("The 2nd time, and/or the 3rd", []),
        ("A <b>bold</b>&nbsp;word", ["<b>", "</b>", "&nbsp;"]),
        ("A [link](http://a.b/c_d) here", ["[link](http://a.b/c_d)"]),
        ("A **bold `x` word** and *this*", ["**bold `x` word**", "*this*"]),
        ("Pass *args and **kwargs along", ["*args", "**kwargs"]),
        ("GitHub and JavaScript since 2020", ["GitHub", "JavaScript", "2020"]),
        ("Done 🎉 → next", ["🎉", "→"]),
        ("Where $x^2 + y_1$ is 0 or $5 and $6", ["$x^2 + y_1$", "0", "$5", "$6"]),
        ("In $HOME/$USER now", ["$HOME", "$USER"]),
        ("It's nothing. To see, i.e. to look.", []),
        ("Runs <tt>rake test</tt> now", ["<tt>rake test</tt>"]),
        ("With +:isolation+ and +run!+, 1 + 2 + 3", ["+:isolation+", "+run!+", "1", "2", "3"]),
        (":warning: See :param x: or a::b: c", [":warning:", "a::b"]),
        ("See [template] and [run()], [not this one]", ["[template]", "[run()]"]),
        ("A [![b](c.svg)][the docs] badge", ["![b](c.svg)", "[the docs]"]),
        ("See [`f([x])`](a.md#f-x) now", ["`f([x])`", "(a.md#f-x)"]),
        (
            "You have {n, plural, one {# message} other {# messages}} now",
            ["{n, plural, one {# message} other {# messages}}"],
        ),
        ("See $t(key), $t(a, {}) and $x", ["$t(key)", "$t(a, {})", "$x"]),
        ("It costs 1.234,56 or 1,234.56", ["1.234,56", "1,234.56"]),
        ("Use 1.2.3, or 1.2.3-rc1.", ["1.2.3", "1.2.3-rc1"]),
        ("Add ½ of 10 m² or 1½", ["½", "10", "m²", "1½"]),
        (r"One:\n\tLine two.\nthree \textbf x", [r"\n", r"\t", r"\n", r"\textbf"]),
    ],
)
def test_what_must_not_change_is_found(text, expected):
    assert pieces(text) == expected


def test_the_fine_view_leaves_the_words_of_links_and_emphasis_open():
    text = "Read [the *new* guide](https://a.b) **now**."
    assert pieces(text, spans.fine) == ["[", "](https://a.b)", "**", "**"] or pieces(
        text, spans.fine
    )
    assert "the" not in " ".join(pieces(text, spans.fine))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**[the setup](#setup)** of it", ["**", "[", "](#setup)", "**"]),
        ("*Read [this](a.md) now*", ["*", "[", "](a.md)", "*"]),
        ("[**the setup**](#setup)", ["[", "](#setup)"]),
    ],
)
def test_links_inside_of_emphasis_keep_where_they_go(text, expected):
    assert [piece for piece in pieces(text, spans.fine) if piece in expected] == expected
    assert pieces(text)[0] in text


@given(st.text(alphabet="ab_*`[]()<>%{}$ .1/\\é😀-@#:", max_size=60), st.sampled_from(["f", "c"]))
def test_masking_and_restoring_is_the_identity(text, view):
    found = spans.fine(text) if view == "f" else spans.coarse(text)
    assert all(a.end <= b.start for a, b in pairwise(found))
    masked = guard.mask(text, found, SENTINELS)
    assert guard.restore(masked, masked.text) == text


@pytest.mark.parametrize("form", [SENTINELS, BRACKETS])
def test_spans_may_change_their_places(form):
    masked = guard.mask("Copy `a` to `b`.", spans.fine("Copy `a` to `b`."), form)
    answer = f"Nach {form.format(1)} wird {form.format(0)} kopiert."
    assert guard.restore(masked, answer) == "Nach `b` wird `a` kopiert."


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("Kopiere <extra_id_0>.", "lost “`b`”"),
        ("Kopiere <extra_id_0> <extra_id_1> <extra_id_0>.", "wrote “`a`” twice"),
        ("Kopiere <extra_id_0> <extra_id_1> <extra_id_2>.", "invented a placeholder"),
    ],
)
def test_an_answer_that_mistreats_spans_is_refused(answer, why):
    masked = guard.mask("Copy `a` to `b`.", spans.fine("Copy `a` to `b`."), SENTINELS)
    with pytest.raises(Rejected, match=why):
        guard.restore(masked, answer)


def test_the_marks_of_a_link_must_enclose_something():
    text = "See [the guide](url) here."
    masked = guard.mask(text, spans.fine(text), SENTINELS)
    assert guard.restore(masked, "Hier: <extra_id_0> das Handbuch <extra_id_1>") == (
        "Hier: [das Handbuch](url)"
    )
    with pytest.raises(Rejected, match="apart"):
        guard.restore(masked, "Siehe <extra_id_0><extra_id_1> hier.")


@pytest.mark.parametrize(
    ("source", "answer", "why"),
    [
        ("A file.", "", "returned nothing"),
        ("A file.", " \n", "returned nothing"),
        ("A file.", "Eine ⁇ Datei.", "could not write"),
        ("A file.", "Eine \u202eDatei.", "invisible"),
        ("A file.", "Eine */ Datei.", "may end"),
        ("A file.", "Eine Datei \\", "may end"),
        ("Read all the files.", "Alle Dateien Dateien Dateien Dateien lesen.", "repeats"),
        ("Reads it.", "Es liest das und das und das und das.", "repeats"),
        ("Reads the file now.", "Liest die Datei der Datei der jetzt.", "repeats"),
        ("Reads it.", "Liest Dateien, die Dateien aus allen Dateien sind.", "repeats"),
        ("Reads the file.", "Liest liest liest liest die Datei.", "repeats"),
        ("Wait 3 times.", "Warte 4-mal.", "numbers"),
        ("It costs 1,234.56 euros.", "Das kostet 1.234.56 Euro.", "numbers"),
        ("Wait until 14:30.", "Warte bis 14 und 30.", "numbers"),
        ("It is 10 m² large.", "Es ist 10 m groß.", "numbers"),
        ("Open the settings.", "Die Einstellungen von KDE öffnen.", "names KDE"),
        ("Yes.", "Ja, das ist die Datei, die gelesen werden soll.", "too long"),
        (
            "Closes the main window of the program.",
            "Die main window of the program closes.",
            "copied",
        ),
        ("See the manual page.", "Siehe https://example.org/x jetzt.", "names https"),
        ("See the manual page.", "Siehe die Seite read_file jetzt.", "names read_file"),
        ("This is a rather long sentence with many words.", "Ja.", "too short"),
        ("This is a sentence.", "This is not a German sentence at all.", "another language"),
    ],
)
def test_what_a_careful_reader_would_refuse(source, answer, why):
    with pytest.raises(Rejected, match=why):
        guard.check(source, answer, language="de")


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("Returns the name(s) of 3 files.", "Gibt die Namen der 3 Datei(en) zurück."),
        ("The url of the server.", "Die URL des Servers."),
        ("No.", "Nein, gar nicht."),
        ("It costs 1,234.56 euros.", "Das kostet 1.234,56 Euro."),
        ("Those that that file needs.", "Die, die die Datei braucht."),
        ("Each file of the file list is a file.", "Jede Datei der Dateiliste ist eine Datei."),
        ("Debug mode", "Debug mode"),
        (
            "You have {n, plural, one {one message} other {some messages}}.",
            "Sie haben {n, plural, one {one message} other {some messages}}.",
        ),
        ("See [MyApp docs](https://a.b/c).", "Siehe [MyApp-Anleitung](https://a.b/c)."),
        ("**MyApp is slow.**", "**MyApp ist langsam.**"),
    ],
)
def test_a_good_translation_passes(source, answer):
    guard.check(source, answer, language="de")


@pytest.mark.parametrize(
    ("origin", "source", "language", "answer"),
    [
        ("en", "PGP signature could NOT be verified.", "es", "La firma PGP podría verificarse."),
        ("de", "Dann deklarieren Sie die Klasse.", "en", "Don't declare the class."),
        ("fr", "Le fichier n'existe plus.", "en", "The file exists again."),
        ("de", "Kein Fehler ist aufgetreten.", "en", "An error occurred."),
        ("de", "Die Prüfung ist nicht fehlgeschlagen.", "en", "Checking failed."),
        ("de", "Diese Funktion ist nicht unsicher.", "en", "This function is unsafe."),
        ("en", "This does not fail.", "de", "Dies fehlt."),
        ("en", "Not only the first file is read.", "de", "Nur die erste Datei ist gelesen."),
        ("en", "It is unsafe to use.", "fr", "Il est sûr d'utiliser."),
        ("en", "The connection is insecure.", "es", "La conexión está segura."),
        ("en", "Quit the program?", "es", "¿Deshabilitar el programa?"),
        ("de", "Die Option ist deaktiviert.", "en", "The option is enabled."),
        ("en", "The server must not delete it.", "de", "Der Server muss es nicht löschen."),
        ("de", "Der Wert muss nicht gesetzt werden.", "en", "The value must not be set."),
        ("en", "You do not have to log in.", "es", "No debe iniciar sesión."),
        ("en", "None of the tests passed.", "de", "Die Tests waren erfolgreich."),
        ("en", "It must not exceed 37.5 °C.", "de", "Es muss 37.5 °C nicht übersteigen."),
        ("en", "Nobody else can turn it on.", "it", "L'amministratore può attivarlo."),
        ("en", "It starts without a certificate.", "it", "Ogni certificato si avvia."),
        ("de", "Gibt die Zahl, höchstens aber 100.", "en", "Returns a number higher than 100."),
        ("fr", "Il faut au moins 8 octets.", "en", "At most 8 bytes are needed."),
        ("es", "Hasta 10 líneas.", "en", "More than 10 lines."),
        ("en", "It hasn't been submitted yet.", "de", "Es wurde noch gesendet."),
        ("en", "What it must not know.", "de", "Was es nicht kennen muss."),
        ("en", "An error unless every row fits.", "de", "Ein Fehler, sobald jede Zeile passt."),
        ("en", "It no longer has the field.", "es", "No contiene el campo."),
        ("en", "It can only be read via the link.", "fr", "Il peut être lu par le lien."),
        ("de", "Der Dienst ist nicht mehr verfügbar.", "en", "The service is not available."),
        ("en", "At most this many rows.", "de", "Die meisten Zeilen."),
        ("fr", "Au moins une image est libre.", "en", "An image is free."),
    ],
)
def test_a_translation_that_turns_the_meaning_round_is_refused(origin, source, language, answer):
    with pytest.raises(Rejected, match="denies"):
        guard.check(source, answer, language=language, origin=origin)


@pytest.mark.parametrize(
    ("origin", "source", "language", "answer"),
    [
        ("en", "Use --no-fail here, please.", "de", "Bitte --no-fail hier verwenden."),
        ("en", "It is not possible.", "fr", "C'est impossible."),
        ("de", "Die Datei fehlt noch.", "en", "The file is not there yet."),
        ("es", "No hay archivos.", "it", "Non ci sono file."),
        ("en", "There is no file.", "ja", "ファイルはありません。"),
        ("en", "Defaults to None.", "de", "Standard ist None."),
        ("en", "If None, the file is read.", "fr", "Si None, le fichier est lu."),
        ("de", "Fehlerfrei.", "en", "No errors."),
        ("en", "There are only two files.", "fr", "Il n'y a que deux fichiers."),
        ("en", "One step back", "fr", "Un pas en arrière"),
        ("en", "It runs without any options.", "fr", "Il tourne sans aucune option."),
        ("en", "Search without finding it.", "es", "Buscar sin encontrar nada."),
        ("en", "It is unsafe here.", "fr", "C'est dangereux ici."),
        ("en", "Unless it is used.", "fr", "À moins qu'il ne soit utilisé."),
        ("en", "When grouping is off.", "fr", "Quand le regroupement est désactivé."),
        ("en", "The value must not be set.", "de", "Der Wert darf nicht gesetzt werden."),
        ("en", "It cannot be undone.", "fr", "Cette action est irréversible."),
        ("en", "No more than 8 bytes.", "de", "Höchstens 8 Byte."),
        ("en", "It starts without a file.", "de", "Es startet ohne Datei."),
        ("es", "Sin embargo, se lee.", "en", "However, it is read."),
        ("en", "Nobody can read it.", "es", "Nadie puede leerlo."),
        ("it", "Almeno 2 GB, al massimo 4 GB.", "en", "At least 2 GB and at most 4 GB."),
        ("en", "It is neither a file nor a folder.", "de", "Es ist weder Datei noch Ordner."),
        ("en", "It is not found here nor there.", "de", "Es ist weder hier noch dort."),
        ("en", "The value is read-only.", "de", "Der Wert ist schreibgeschützt."),
        ("en", "Only one file is read.", "fr", "Un seul fichier est lu."),
        ("en", "It no longer exists.", "it", "Non esiste più."),
        ("en", "At least 8 characters.", "it", "Maggiore o uguale a 8 caratteri."),
        ("de", "Nicht mehr als 8 Byte.", "en", "No more than 8 bytes."),
        ("en", "Unless it is set.", "de", "Wenn es nicht gesetzt ist."),
    ],
)
def test_what_says_no_in_another_way_passes(origin, source, language, answer):
    guard.check(source, answer, language=language, origin=origin)


def test_a_summary_may_leave_out_but_not_invent():
    source = "Reads 3 files with read_file and closes them."
    guard.check_summary(source, "Read files.")
    with pytest.raises(Rejected, match="number"):
        guard.check_summary(source, "Read 4 files.")


def test_a_summary_of_something_else_is_refused():
    for answer in ("Add two numbers.", "Return a new file name for the user."):
        with pytest.raises(Rejected, match="hardly a word in common"):
            guard.check_summary("def close(file):\n    file.close()", answer)
    guard.check_summary("def addAll(xs):\n    pass", "Add two numbers.")
