import pytest

from trivium_server.domain.rewriting.detect import is_language, language_of, may_be


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Returns the number of files that were read before the error."),
        ("de", "Gibt die Anzahl der Dateien zurück, die vor dem Fehler gelesen wurden."),
        ("fr", "Renvoie le nombre de fichiers qui ont été lus avant l'erreur."),
        ("es", "Devuelve el número de archivos que se leyeron antes del error."),
        ("it", "Restituisce il numero di file che sono stati letti prima dell'errore."),
        ("pt", "Devolve o número de arquivos que foram lidos antes do erro, mas não os nomes."),
        ("pl", "To jest zwykły tekst w języku polskim, którego nie można przetłumaczyć."),
        ("sv", "Det här är en vanlig text på svenska som inte kan översättas."),
        ("fi", "Tämä on tavallinen suomenkielinen teksti."),
        ("cs", "Toto je obyčejný český text, který nelze přeložit."),
        ("hu", "Ez egy magyar szöveg, amelyet nem lehet lefordítani."),
        ("tr", "Dün bir arkadaşım şunu yazdı"),
        ("ru", "Возвращает количество файлов."),
        ("ja", "ファイルの数を返します。"),
        ("zh", "返回文件数量。"),
        ("ko", "파일 수를 반환합니다."),
        ("ar", "يعيد عدد الملفات."),
        ("he", "מחזיר את מספר הקבצים."),
        ("", ""),
        ("", "foo_bar = baz(42)"),
        ("", "😀 🎉"),
    ],
)
def test_the_language_of_a_sentence(language, text):
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Skipping missing subrepository"),
        ("de", "Dicktengleiche Systemschrift verwenden"),
        ("fr", "Nombre maximal d'éléments"),
        ("fr", "Durée de vie en secondes"),
        ("es", "Construir una etiqueta de texto."),
        ("fr", "Nombre de morceaux trouvés :"),
        ("es", "Formato de archivo incorrecto"),
        ("it", "Connessione al server rifiutata"),
        ("it", "Nessuno schema conosciuto installato."),
        ("", "Usuwa stare wartości z pamięci podręcznej"),
        ("", "Init"),
        ("", "foo bar baz"),
        ("", "ECMAScript URL"),
    ],
)
def test_the_letters_tell_where_no_common_word_does(language, text):
    assert language_of(text) == language


def test_foreign_words_in_a_sentence_do_not_make_it_foreign():
    assert language_of("Die Funktion ruft `the_loader.get_all_of_them` für jede Datei auf.") == "de"


def test_a_text_that_does_not_tell_may_be_any_language():
    assert is_language("OK", "de")
    assert not is_language("The file was not found in the folder.", "de")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Init"),
        ("en", "Save file"),
        ("en", "Skip trailing whitespace"),
        ("en", "Maximum step size."),
        ("en", "Input audio waveform."),
        ("en", "Iterator over candidate pairs of nodes in G1 and G2."),
        ("en", "Raise on deprecated kwargs"),
        ("en", "A graph after Erdős and Rényi."),
        ("de", "Datei speichern"),
        ("de", "Dicktengleiche Systemschrift verwenden"),
        ("ja", "Save file"),
        ("en", "`a` 1"),
        ("en", "Saturday"),
        ("en", " ".join(f"This is {'un' * (n % 9)}real{'ly' * n}." for n in range(100))),
        ("en", "DataModel redirect meta item."),
        ("de", "Kennwort vergessen?"),
        ("fr", "Mot de passe oublié"),
        ("es", "Elija un archivo"),
        ("it", "Cambia la password"),
    ],
)
def test_a_short_text_may_be_of_the_language_around_it(language, text):
    assert may_be(text, language)


@pytest.mark.parametrize(
    "text",
    [
        "Zmień nazwę katalogu na nową.",
        "Az alkalmazás beállításai",
        "Dette er en helt almindelig dansk tekst.",
        "Reťazec sa nepodarilo nájsť",
        "Kunnioita käyttäjien yksityisyyttä",
        "Klik her for at vælge objekter på tværs af alle sider",
        "Du har ikke rettigheder til at se eller redigere noget.",
        "Tak for den kvalitetstid du brugte på websitet i dag.",
        "Välj ett land",
        "Ange din e-postadress",
        "Valitse tiedosto",
        "Unohditko salasanasi",
        "Jelszó megváltoztatása",
        "Nyelv kiválasztása",
        "Klik hier om alle objecten te selecteren",
        "Hapus pilihan yang dipilih",
    ],
)
def test_what_has_other_letters_or_words_may_not(text):
    assert not may_be(text, "en") and not may_be(text, "it")
