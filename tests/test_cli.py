"""The command line as a shell sees it: what is printed where, and the exit status."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.damage import overwrite

FAKES = {"models": {"encoder": "fake", "decoder": "fake", "rewriter": "fake"}}


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "wörk späce 😀"
    folder.mkdir()
    (folder / "post.py").write_text('def send_größe(to):\n    """Send it 😀."""\n    return to\n')
    return folder


@pytest.fixture
def settings(tmp_path):
    file = tmp_path / "settings.json"
    file.write_text(json.dumps(FAKES))
    return file


def trivium(*arguments, **how):
    how = {"stdin": subprocess.DEVNULL, "capture_output": True, "timeout": 120, **how}
    return subprocess.run([sys.executable, "-m", "trivium_server", *map(str, arguments)], **how)


def shell(line, root, settings, given=None):
    command = f'"{sys.executable}" -m trivium_server {line} --settings "{settings}"'
    return subprocess.run(
        ["bash", "-c", command], cwd=root, input=given, capture_output=True, timeout=120
    )


@pytest.mark.parametrize(
    "line",
    [
        "index",
        "search send",
        "similar post.py:1",
        "clusters",
        "complete post.py:2:5",
        "summarize post.py:2-2",
        "summarize post.py:2",
        "translate --to de post.py",
    ],
)
def test_json_is_one_document_and_nothing_else(root, settings, line):
    done = trivium(*line.split(), "--json", "--settings", settings, cwd=root)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout) is not None


def test_every_file_is_in_one_cluster_with_a_name(root, settings):
    (root / "mail.py").write_text("def send_mail(to):\n    return to\n")
    done = trivium("clusters", "--json", "--settings", settings, cwd=root)
    found = json.loads(done.stdout)
    assert sorted(path for each in found for path in each["files"]) == ["mail.py", "post.py"]
    shown = trivium("clusters", "--settings", settings, cwd=root).stdout.decode()
    assert all(each["name"] and each["name"] in shown for each in found)


@pytest.mark.parametrize("place", ["nowhere.py:1", "post.py:99"])
def test_a_place_that_is_none_is_refused_before_anything_is_indexed(root, tmp_path, place):
    own = {**os.environ, "TRIVIUM_CACHE": str(tmp_path / "cache")}
    done = trivium("similar", place, cwd=root, env=own)
    assert done.returncode == 1 and place.split(":")[0].encode() in done.stderr
    assert not (tmp_path / "cache").exists()


def test_json_is_json_on_a_terminal_without_utf_8(root, settings):
    plain = {**os.environ, "PYTHONIOENCODING": "ascii"}
    arguments = ("search", "send", "--settings", settings)
    found = json.loads(trivium(*arguments, "--json", cwd=root, env=plain).stdout)
    assert found[0]["symbol"] == "send_größe"
    done = trivium(*arguments, cwd=root, env=plain)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"post.py:1-3" in done.stdout


@pytest.mark.parametrize(
    "line",
    [
        "",
        "sing",
        "search",
        "search x --limit 0",
        "search x --limit many",
        "similar post.py",
        "complete post.py:0",
        "translate post.py",
        "translate --to= post.py",
        "summarize post.py:9-3",
        "serve --stdio --tcp 127.0.0.1:0",
    ],
)
def test_wrong_usage_is_status_2(line):
    done = trivium(*line.split())
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"usage: trivium" in done.stderr


@pytest.mark.parametrize(
    "line",
    [
        "index nowhere",
        "search x --root post.py",
        "similar nowhere.py:1",
        "complete post.py:99:1",
        "summarize .",
        "search x --settings nowhere.json",
        "search x --settings .",
        "search x --settings post.py",
        "label --examples nowhere.json post.py",
        "label --examples . post.py",
        "label --examples post.py post.py",
        "models remove nothing",
    ],
)
def test_a_failure_is_one_sentence_and_status_1(root, line):
    done = trivium(*line.split(), cwd=root)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"trivium: ")
    assert done.stderr.count(b"\n") == 1
    assert done.stderr.endswith(b".\n")
    assert b"Errno" not in done.stderr


def test_a_text_that_stays_as_it_was_is_not_lost_in_a_pipe(root, settings):
    text = "Zmień nazwę katalogu na nową.\n"
    done = shell("translate --to de", root, settings, text.encode())
    assert (done.returncode, done.stdout.decode()) == (0, text)
    assert b"its language is not one that" in done.stderr


def test_the_model_in_the_package_leaves_a_sentence_that_it_is_not_sure_of(root):
    text = "A module says in its first lines what it is for. The file could not be opened.\n"
    (root / "text.txt").write_text(text)
    done = trivium("translate", "--to", "de", "text.txt", cwd=root)
    said = " ".join(done.stdout.decode().split())
    assert said == "A module says in its first lines what it is for. " + (
        "Die Datei konnte nicht geöffnet werden."
    )
    assert b"the model was not sure enough of its answer" in done.stderr


@pytest.mark.parametrize("given", ["latin.txt", "< latin.txt"])
def test_a_text_in_another_encoding_is_refused(root, settings, given):
    (root / "latin.txt").write_bytes("The file.\nDie Größe.\n".encode("latin-1"))
    done = shell(f"translate --to fr {given}", root, settings)
    assert (done.returncode, done.stdout) == (1, b"")
    name = "latin.txt" if given == "latin.txt" else "standard input"
    assert done.stderr.decode() == f"trivium: {name} is not UTF-8 (line 2); convert it first.\n"


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (b"{", b"at line 1, column 2"),
        (b'{\n "bug": ["It crashes.",]}', b"at line 2, column "),
        (b"\xff\xfe", b"not JSON in UTF-8"),
        (b"[" * 100_000, b"not JSON"),
        (b"[]", b"no list of texts"),
        (b'{"bug": "It crashes."}', b"no list of texts"),
        (b'{"bug": [1]}', b"no list of texts"),
    ],
)
def test_a_file_of_examples_that_is_none_gets_an_example(root, settings, content, wrong):
    (root / "examples.json").write_bytes(content)
    line = ("label", "--examples", "examples.json", "post.py", "--settings", settings)
    done = trivium(*line, cwd=root)
    assert (done.returncode, done.stdout) == (1, b"")
    assert wrong in done.stderr
    assert b'{"bug": ["It crashes."]' in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_a_cache_that_cannot_be_written_is_no_reason_not_to_search(root, settings):
    env = {**os.environ, "TRIVIUM_CACHE": os.devnull}
    done = trivium("search", "send", "--json", "--settings", settings, cwd=root, env=env)
    assert done.returncode == 0
    assert json.loads(done.stdout)[0]["symbol"] == "send_größe"
    assert done.stderr.count(b"\n") == 1
    assert b"for this session only" in done.stderr
    assert b"TRIVIUM_CACHE" in done.stderr


@pytest.mark.parametrize("table", ["words_data", "files", "chunks_file"])
def test_a_damaged_index_is_one_sentence_and_an_answer(root, settings, own_cache, table):
    arguments = ("search", "send größe", "--json", "--settings", settings)
    before = trivium(*arguments, cwd=root)
    (file,) = (own_cache / "index").glob("w*.sqlite")
    overwrite(file, table)
    done = trivium(*arguments, cwd=root)
    assert (done.returncode, done.stdout) == (0, before.stdout)
    assert done.stderr.count(b"\n") == 1
    assert b"is damaged" in done.stderr
    after = trivium(*arguments, cwd=root)
    assert (after.returncode, after.stderr, after.stdout) == (0, b"", before.stdout)


def test_an_index_that_cannot_stay_is_a_failure_of_the_command_that_makes_it(root, settings):
    env = {**os.environ, "TRIVIUM_CACHE": os.devnull}
    done = trivium("index", "--settings", settings, cwd=root, env=env)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"cannot be written (not a directory)" in done.stderr


def test_the_doctor_says_that_the_cache_takes_nothing(root, settings):
    env = {**os.environ, "TRIVIUM_CACHE": os.devnull}
    done = trivium("doctor", "--json", "--settings", settings, cwd=root, env=env)
    assert "for this session only" in json.loads(done.stdout)["index"]["state"]


@pytest.fixture
def index(root, settings, own_cache):
    """The file of an index that is made."""
    trivium("index", "--settings", settings, cwd=root)
    (file,) = (own_cache / "index").glob("w*.sqlite")
    return file


def test_the_doctor_makes_no_index(root, settings, own_cache):
    done = trivium("doctor", "--json", "--settings", settings, cwd=root)
    assert "`trivium index` makes one" in json.loads(done.stdout)["index"]["state"]
    assert not list(own_cache.glob("index/w*"))
    trivium("index", "--settings", settings, cwd=root)
    done = trivium("doctor", "--json", "--settings", settings, cwd=root)
    assert json.loads(done.stdout)["index"]["files"] == 1


def test_the_doctor_says_that_an_index_cannot_be_read(root, settings, index):
    index.write_bytes(b"nonsense" * 1000)
    done = trivium("doctor", "--json", "--settings", settings, cwd=root)
    assert "cannot be read" in json.loads(done.stdout)["index"]["state"]
    assert index.read_bytes() == b"nonsense" * 1000


def test_a_reader_that_has_enough_is_no_failure(root, settings):
    done = shell("search send --json", root, f'{settings}" | true; exit "${{PIPESTATUS[0]}}')
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_said(root, settings):
    done = shell("search send", root, f'{settings}" > "/dev/full')
    assert (done.returncode, done.stderr) == (1, b"trivium: No space left on device.\n")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_closed_streams_do_no_harm(root, settings, closed):
    assert shell(f"summarize {closed}", root, settings).returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="needs names that are not UTF-8")
def test_a_folder_whose_name_is_not_utf_8(tmp_path, settings):
    root = tmp_path / os.fsdecode(b"w\xff")
    root.mkdir()
    (root / "a.py").write_text("def send(): ...\n")
    done = trivium("search", "send", "--settings", settings, "--json", cwd=root)
    assert json.loads(done.stdout)[0]["path"] == "a.py"


def test_a_filter_that_nothing_passes_is_named(root, settings):
    done = trivium("search", "send lang:klingon", "--settings", settings, cwd=root)
    assert done.stdout.decode().strip() == "Nothing fits: nothing here passes lang:klingon."


@pytest.mark.skipif(sys.platform == "win32", reason="no such name of a file there")
def test_what_could_steer_a_terminal_is_shown_not_sent(root, settings):
    (root / "a\x1b]0;b\x07.py").write_text("def send_mail(to): '\x1b[31m'\n")
    for line in ("search send_mail", "clusters"):
        done = trivium(*line.split(), "--settings", settings, cwd=root)
        assert b"a\\x1b]0;b\\x07.py" in done.stdout
        assert b"\x1b" not in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="a home is looked for in another way there")
def test_without_a_home_it_is_said_what_to_do():
    nobody = "import pwd, sys; pwd.getpwuid = {}.__getitem__\nfrom trivium_server import cli\n"
    kept = {
        k: v for k, v in os.environ.items() if k not in ("HOME", "TRIVIUM_CACHE", "XDG_CACHE_HOME")
    }
    program = f"{nobody}sys.exit(cli.main(['doctor']))"
    done = subprocess.run([sys.executable, "-c", program], env=kept, capture_output=True)
    assert done.returncode == 1
    assert done.stderr.decode().strip() == (
        "trivium: this user has no home folder; name a folder in TRIVIUM_CACHE."
    )
