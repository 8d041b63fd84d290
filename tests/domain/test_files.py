"""Which files are indexed: git is the oracle for ignore rules."""

import os
import subprocess

import pytest

from trivium_server.domain import files, ignoring
from trivium_server.domain.files import Rules, Walk


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    """Where neither git nor Trivium finds what the user of this machine leaves out."""
    own = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(own))
    monkeypatch.setenv("USERPROFILE", str(own))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return own


def make(root, tree):
    for path, content in tree.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            place.write_bytes(content)
        else:
            place.write_text(content)


def paths(root, **rules):
    return [entry.path for entry in Walk(root, Rules(**rules)).entries()]


def git(root, *command):
    return subprocess.run(
        ["git", "-C", root, *command],
        check=True,
        capture_output=True,
        text=True,
    ).stdout


TREES = {
    "names, folders and anchors": {
        ".gitignore": "*.log\n/top.txt\nbuilt/\ndeep/**/x.py\n# comment\n\n",
        "a.log": "",
        "top.txt": "",
        "sub/top.txt": "",
        "built/a.py": "",
        "sub/built/a.py": "",
        "deep/a/b/x.py": "",
        "deep/x.py": "",
        "deep/y.py": "",
    },
    "negation": {
        ".gitignore": "*.txt\n!keep.txt\nout/\n!out/keep.py\nlogs/*\n!logs/keep.py\n",
        "a.txt": "",
        "keep.txt": "",
        "out/keep.py": "",
        "logs/a.py": "",
        "logs/keep.py": "",
    },
    "every level, the deepest wins": {
        ".gitignore": "*.gen\n",
        "sub/.gitignore": "!*.gen\nlocal.py\n/anchored.py\n",
        "sub/a.gen": "",
        "sub/local.py": "",
        "sub/more/local.py": "",
        "sub/more/anchored.py": "",
        "sub/anchored.py": "",
        "sub/more/.gitignore": "*.gen",
        "sub/more/b.gen": "",
        "local.py": "",
        "a.gen": "",
    },
    "odd names": {
        ".gitignore": "\\#note\n\\!bang\nsp ace.py\ntrail.py   \n[ab].py\n?x.py\n",
        "#note": "",
        "!bang": "",
        "sp ace.py": "",
        "trail.py": "",
        "a.py": "",
        "c.py": "",
        "zx.py": "",
        "größe.py": "",
        "日本/語.py": "",
    },
}


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES)
def test_the_same_files_as_git(tmp_path, tree):
    make(tmp_path, tree)
    git(tmp_path, "init", "-q")
    listed = git(tmp_path, "ls-files", "-z", "--others", "--exclude-standard").split("\0")
    assert sorted(paths(tmp_path)) == sorted(filter(None, listed))
    walk = Walk(tmp_path)
    for path in tree:
        assert (walk.entry(path) is not None) == (path in listed), path


def test_the_repository_around_the_folder_counts_but_not_against_the_folder_itself(tmp_path):
    make(
        tmp_path,
        {".gitignore": "*.log\nopen/\n", "open/a.py": "", "open/b.log": "", "in/c.log": ""},
    )
    make(tmp_path, {"in/d.py": ""})
    git(tmp_path, "init", "-q")
    (tmp_path / ".git/info/exclude").write_text("d.*\n")
    assert paths(tmp_path) == [".gitignore"]
    assert paths(tmp_path / "in") == []
    assert "a.py" in paths(tmp_path / "open")


def test_a_worktree_is_read_like_its_repository(tmp_path):
    main, linked = tmp_path / "main", tmp_path / "linked"
    make(main, {"a.py": "", "b.log": ""})
    git(tmp_path, "init", "-q", "main")
    git(main, "add", "a.py")
    git(main, "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "a")
    (main / ".git/info/exclude").write_text("*.log\n")
    git(main, "worktree", "add", "-q", str(linked))
    make(linked, {"c.log": ""})
    assert paths(main) == paths(linked) == ["a.py"]


@pytest.mark.parametrize(
    "files",
    [
        {".config/git/ignore": "*.log\n"},
        {".gitconfig": "[core]\n\texcludesFile = ~/mine\n", "mine": "*.log\n"},
        {".config/git/config": '[core]\nexcludesfile="~/my own"\n', "my own": "*.log\n"},
        {".gitconfig": "[core]\nexcludesfile = ~/gone\n", ".config/git/ignore": "*.py\n"},
        {},
    ],
    ids=lambda files: " ".join(files) or "nothing",
)
def test_what_the_user_has_git_leave_out_everywhere(tmp_path, home, files):
    make(home, files)
    make(tmp_path, {"a.py": "", "b.log": "", ".gitignore": "!kept.log\n", "kept.log": ""})
    git(tmp_path, "init", "-q")
    listed = git(tmp_path, "ls-files", "--others", "--exclude-standard").split()
    assert paths(tmp_path) == listed


def test_dot_ignore_wins_over_gitignore(tmp_path):
    make(tmp_path, {".gitignore": "a.py\n", ".ignore": "!a.py\nb.py\n", "a.py": "", "b.py": ""})
    assert "a.py" in paths(tmp_path)
    assert "b.py" not in paths(tmp_path)


def test_secrets_and_vendored_folders_are_left_out_unasked(tmp_path):
    secret = [".env", ".env.local", "id_rsa", "server.pem", "api.key", ".aws/credentials", ".npmrc"]
    made = ["node_modules/x/index.js", "a/node_modules/y.js", "dist/a.js", "target/debug/a.rs"]
    made += ["odd-env/lib/a.py", "package-lock.json", "lib.min.js", ".git/config"]
    make(tmp_path, dict.fromkeys([*secret, *made, "kept.py", ".env.example", "src/keys.py"], "x"))
    make(tmp_path, {"odd-env/pyvenv.cfg": ""})
    assert paths(tmp_path) == [".env.example", "kept.py", "src/keys.py"]
    walk = Walk(tmp_path)
    assert not any(walk.entry(path) for path in [*secret, *made])
    assert paths(tmp_path, include=(".env", "*.pem")) == []


def test_include_and_exclude(tmp_path):
    make(tmp_path, dict.fromkeys(["src/a.py", "src/b.js", "docs/c.md", "d.py"], ""))
    assert paths(tmp_path, include=("*.py",)) == ["d.py", "src/a.py"]
    assert paths(tmp_path, include=("src/",)) == ["src/a.py", "src/b.js"]
    assert paths(tmp_path, exclude=("src/*.js", "/d.py")) == ["docs/c.md", "src/a.py"]


def test_links_lead_nowhere(tmp_path):
    root = tmp_path / "root"
    make(root, {"a/x.py": ""})
    make(tmp_path, {"outside/secret.py": ""})
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "file.py").symlink_to(tmp_path / "outside/secret.py")
    (root / "a/loop").symlink_to(root)
    (root / "dangling").symlink_to(root / "nothing")
    assert paths(root) == ["a/x.py"]
    walk = Walk(root)
    assert walk.entry("out/secret.py") is None
    assert walk.entry("file.py") is None
    assert walk.entry("../outside/secret.py") is None


def test_what_cannot_be_indexed_is_left_out_with_a_reason(tmp_path):
    make(tmp_path, {"big.txt": "x" * 2000, "small.txt": "x"})
    with (tmp_path / "huge.txt").open("wb") as sparse:
        sparse.truncate(200_000_000)
    os.mkfifo(tmp_path / "pipe")
    walk = Walk(tmp_path, Rules(max_bytes=1000))
    assert [entry.path for entry in walk.entries()] == ["small.txt"]
    assert walk.skipped == {
        "big.txt": "larger than 1000 bytes",
        "huge.txt": "larger than 1000 bytes",
    }


def test_a_name_that_is_no_text_is_left_out(tmp_path):
    (tmp_path / os.fsdecode(b"caf\xe9.py")).write_text("x = 1")
    make(tmp_path, {"café.py": "x = 1"})
    walk = Walk(tmp_path)
    assert [entry.path for entry in walk.entries()] == ["café.py"]
    assert list(walk.skipped.values()) == ["its name is not UTF-8"]


def test_a_folder_that_does_not_exist_is_empty_with_a_reason(tmp_path):
    walk = Walk(tmp_path / "nowhere")
    assert list(walk.entries()) == []
    assert walk.skipped == {".": "no such file or directory"}
    assert walk.entry("a.py") is None
    assert walk.entry("a\0b") is None


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", ""),
        (b"caf\xc3\xa9", "café"),
        (b"caf\xe9 ok", "caf\ufffd ok"),
        (b"\xef\xbb\xbfmarked", "marked"),
        ("wide ü".encode("utf-16"), "wide ü"),
        (b"a\r\nb\x0cc", "a\r\nb\x0cc"),
    ],
)
def test_decoding(content, text):
    assert files.decode(content) == text


@pytest.mark.parametrize("name", ["gone", "pipe", "folder", "binary", "long", "nul\0name"])
def test_reading_what_is_no_text_says_why_and_does_not_hang(tmp_path, name):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    make(tmp_path, {"binary": b"\x7fELF\0\0", "long": "x" * 101})
    with pytest.raises(files.Unreadable, match=r"\w"):
        files.read(tmp_path / name, 100)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_folders_are_named(tmp_path):
    make(tmp_path, {"closed/a.py": "", "open.py": ""})
    (tmp_path / "closed").chmod(0)
    walk = Walk(tmp_path)
    assert [entry.path for entry in walk.entries()] == ["open.py"]
    assert walk.skipped == {"closed": "permission denied"}
    (tmp_path / "closed").chmod(0o755)


@pytest.mark.parametrize("lines", [ignoring.SECRETS, ignoring.GENERATED])
def test_what_is_never_indexed_is_what_an_ignore_file_of_these_lines_says(lines):
    """`Names` knows only names and the star: a line that needs more must not slip in."""
    names, patterns = ignoring.Names(lines), ignoring.Patterns(lines)
    for_folders = ignoring.Patterns(line for line in lines if line.endswith("/"))
    for line in lines:
        for filling in ("", "x", ".x", "a.b"):
            name = line.strip("!/").replace("*", filling)
            for each in (name, f"a{name}", f"{name}a", f"{name}.old", f".{name}", name.upper()):
                assert names.match(each) == bool(patterns.decide(each)), each
                assert names.match(f"{each}/") == bool(for_folders.decide(f"{each}/")), each


@pytest.mark.parametrize("name", [".ENV", ".Env.local", "ID_RSA", "server.PEM", ".envrc"])
def test_secrets_are_left_out_in_whatever_case(tmp_path, name):
    make(tmp_path, {name: "x", "a.py": "", ".Env.Example": "", "credentials/login.py": ""})
    assert [entry.path for entry in Walk(tmp_path).entries()] == [
        ".Env.Example",
        "a.py",
        "credentials/login.py",
    ]


def test_an_ignore_file_may_begin_with_a_byte_order_mark(tmp_path):
    make(
        tmp_path, {".gitignore": b"\xef\xbb\xbfprivate/\r\n*.log", "private/a.py": "", "b.log": ""}
    )
    assert [entry.path for entry in Walk(tmp_path).entries()] == [".gitignore"]
