import pytest

from trivium_server.domain.rewriting.detect import is_language, language_of


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Returns the number of files that were read before the error."),
        ("de", "Gibt die Anzahl der Dateien zurück, die vor dem Fehler gelesen wurden."),
        ("fr", "Renvoie le nombre de fichiers qui ont été lus avant l'erreur."),
        ("es", "Devuelve el número de archivos que se leyeron antes del error."),
        ("it", "Restituisce il numero di file che sono stati letti prima dell'errore."),
        ("pt", "Devolve o número de arquivos que foram lidos antes do erro, mas não os nomes."),
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
        ("", "Dün bir arkadaşım şunu yazdı"),
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
