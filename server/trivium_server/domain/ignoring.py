"""Which paths are left out: ignore files, secrets, and what tools generate.

`.gitignore` and `.ignore` count at every level with git's own precedence: the deepest file that
says something decides, and within it the last pattern. What lies under an ignored folder stays
ignored. Reads ignore files only; never the files they speak about.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

SECRETS = (
    *(".env", ".env.*", "!.env.example", "!.env.sample", "!.env.template", "*.pem", "*.key"),
    *("*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "*.ppk", "*.asc", "*.gpg"),
    *("id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", ".netrc", "_netrc", ".pgpass", ".pypirc"),
    *(".npmrc", ".htpasswd", ".git-credentials", ".dockercfg", ".envrc", "credentials"),
    *("credentials.json", "credentials.y*ml", "credentials.toml", "secrets.json", "secrets.y*ml"),
    *("secrets.toml", "service-account*.json", ".ssh/", ".gnupg/", ".aws/", ".azure/", ".kube/"),
    *("*.tfstate", "*.tfstate.*", "*.tfvars", "*.tfvars.json"),
)
"""Never indexed, whatever the settings say and in whatever case. Without a slash: files."""

GENERATED = (
    *(".git", ".git/", ".hg/", ".svn/", ".jj/", "node_modules/", "bower_components/"),
    *("jspm_packages/", ".venv/", "venv/", "site-packages/", "__pycache__/", ".eggs/"),
    *(
        "*.egg-info/",
        ".tox/",
        ".nox/",
        ".mypy_cache/",
        ".ruff_cache/",
        ".pytest_cache/",
        ".hypothesis/",
        ".cache/",
    ),
    *("target/", "dist/", ".next/", ".nuxt/", ".svelte-kit/", ".turbo/", ".parcel-cache/"),
    *(".gradle/", ".idea/", ".vs/", ".terraform/", ".dart_tool/", "Pods/", "DerivedData/"),
    *("htmlcov/", ".nyc_output/", "*.min.js", "*.min.css", "*.map", "*.lock"),
    *("package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "go.sum", ".DS_Store"),
)
"""Made by tools or vendored; left out also where no ignore file says so. Without a slash: files."""

_EXCLUDES_FILE = re.compile(r'(?im)^\s*excludesfile\s*=\s*"?([^"\n]+?)"?\s*$')
"""In a configuration file of git; no section but `core` has it."""

_MARKERS = ("CACHEDIR.TAG", "pyvenv.cfg")
"""A folder that holds one of these is a cache or a virtual environment."""


def _pattern(line: str) -> list[GitIgnoreSpecPattern]:
    """The pattern of a line, none for a comment; what no pattern can be read from says nothing."""
    from pathspec import GitIgnoreSpec

    try:
        return list(GitIgnoreSpec.from_lines([line]).patterns)
    except (ValueError, re.error):
        return []


@contextmanager
def _unusual_is_fine() -> Iterator[None]:
    """Keep to ourselves that re will read `[[` otherwise one day."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


class Patterns:
    """The patterns of one ignore file, relative to the folder it lies in."""

    def __init__(self, lines: Iterable[str]) -> None:
        with _unusual_is_fine():
            found = [pattern for line in lines for pattern in _pattern(line)]
        self._rules = [(each.regex, each.include) for each in found if each.regex is not None]
        self._rules.reverse()

    def decide(self, path: str) -> bool | None:
        """True ignored, False kept, None nothing said; folders end with a slash."""
        if not self._rules or not self._any.match(path):
            return None
        return next((ignored for regex, ignored in self._rules if regex.match(path)), None)

    @cached_property
    def _any(self) -> re.Pattern[str]:
        """All patterns in one: most paths match none, and one look tells."""
        parts = (regex.pattern.replace("?P<ps_d>", "?:") for regex, _ in self._rules)
        with _unusual_is_fine():
            return re.compile("|".join(f"(?:{part})" for part in parts))


class Names:
    """Patterns that speak of names only and know no more than the star: quick to make and to ask.

    A server makes them at every start, where `Patterns` would take ten times as long.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        some: list[str] = []
        none: list[str] = []
        for line in lines:
            (none if line.startswith("!") else some).append(line.lstrip("!"))
        self._some, self._none = _in_one(some), _in_one(none)

    def match(self, name: str) -> bool:
        """Whether a name is one of these; a folder's ends with a slash."""
        return bool(self._some.fullmatch(name)) and not self._none.fullmatch(name)


def _in_one(names: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(name).replace(r"\*", "[^/]*") for name in names))


_GENERATED = Names(GENERATED)
_SECRETS = Names(SECRETS)


def is_never_indexed(name: str) -> bool:
    """Whether a name alone says so; a folder's ends with a slash."""
    return _GENERATED.match(name) or _SECRETS.match(name.lower())


class Ignores:
    """The ignore rules of one workspace folder; each folder's files are read once."""

    def __init__(self, root: Path, exclude: Iterable[str] = ()) -> None:
        self._root = root
        self._exclude = Patterns(exclude)
        self._by_folder: dict[str, list[tuple[int, Patterns]]] = {}
        self._above = _above(root)

    def ignored(self, path: str, *, folder: bool) -> bool:
        """Whether a relative path is left out, its parents being kept."""
        slashed = path + "/" if folder else path
        parent, _, name = path.rpartition("/")
        if is_never_indexed(name + "/" if folder else name) or self._exclude.decide(slashed):
            return True
        for start, patterns in reversed(self._chain(parent)):
            decision = patterns.decide(slashed[start:])
            if decision is not None:
                return decision
        for prefix, patterns in self._above:
            decision = patterns.decide(prefix + slashed)
            if decision is not None:
                return decision
        return False

    def ignored_anywhere(self, path: str) -> bool:
        """Whether a file is left out, itself or by one of its folders."""
        parts = path.split("/")
        folders = ("/".join(parts[:count]) for count in range(1, len(parts)))
        return any(self.cut_off(each) for each in folders) or self.ignored(path, folder=False)

    def cut_off(self, folder: str) -> bool:
        """Whether a folder is left out with all it holds."""
        place = self._root / folder
        return self.ignored(folder, folder=True) or any(
            os.path.lexists(place / tag) for tag in _MARKERS
        )

    def _chain(self, folder: str) -> list[tuple[int, Patterns]]:
        """The ignore files from the root down to a folder, and where their paths begin."""
        known = self._by_folder.get(folder)
        if known is None:
            above = self._chain(folder.rpartition("/")[0]) if folder else []
            start = len(folder) + 1 if folder else 0
            # `.ignore` stands last: it wins over `.gitignore`, as in ripgrep.
            own = [_read(self._root / folder / name) for name in (".gitignore", ".ignore")]
            known = [*above, *((start, patterns) for patterns in own if patterns)]
            self._by_folder[folder] = known
        return known


def _read(file: Path) -> Patterns | None:
    try:
        if not file.is_file():
            return None
        # Some editors begin a file with a byte order mark.
        return Patterns(file.read_text("utf-8-sig", "replace").split("\n"))
    except OSError:
        return None


def _above(root: Path) -> list[tuple[str, Patterns]]:
    """The ignore files of the repository around the root, nearest first, the user's own last.

    One that ignores the root itself does not count: who opens an ignored folder wants to see it.
    """
    found: list[tuple[str, Patterns]] = []
    for place in (root, *root.parents):
        prefix = root.relative_to(place).as_posix() + "/" if place != root else ""
        names = (".ignore", ".gitignore") if place != root else ()
        found += [(prefix, each) for name in names if (each := _read(place / name))]
        if os.path.lexists(place / ".git"):
            exclude = _read(_common(git_folder(place / ".git")) / "info" / "exclude")
            found += [(prefix, each) for each in (exclude, _own()) if each]
            return [
                (prefix, each) for prefix, each in found if not (prefix and each.decide(prefix))
            ]
    return []


def git_folder(dot_git: Path) -> Path:
    """Where git keeps what belongs to a working tree: `.git`, or what that file names."""
    try:
        if dot_git.is_dir():
            return dot_git
        return dot_git.parent / dot_git.read_text().partition("gitdir:")[2].strip()
    except (OSError, ValueError):
        return dot_git


def _common(folder: Path) -> Path:
    """Where a repository keeps `info/`: for a linked worktree, with the main one."""
    try:
        return folder / (folder / "commondir").read_text().strip()
    except (OSError, ValueError):
        return folder


def _own() -> Patterns | None:
    """What the user has git leave out everywhere: `core.excludesFile`, or its usual place."""
    with suppress(OSError, RuntimeError):  # The second where there is no home.
        kept = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config", "git").expanduser()
        for config in (Path("~/.gitconfig").expanduser(), kept / "config"):
            text = config.read_text("utf-8", "replace") if config.is_file() else ""
            if named := _EXCLUDES_FILE.search(text):
                return _read(Path(named[1]).expanduser())
        return _read(kept / "ignore")
    return None
