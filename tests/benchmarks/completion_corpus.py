"""Real code for the completion benchmark: packages, fetched by the clients that ship them.

Two disjoint sets of permissively licensed packages: `FIT` for choosing coefficients, `REPORT` for
the published figures. Wheels come from pip, TypeScript from npm, Go and Rust from Debian's source
packages of libraries, Java from `apt-get source`; nothing is installed or run. Each package is
fetched once and unpacked under `~/.cache/trivium-bench/completion/<language>/<package>/`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

CACHE = Path.home() / ".cache" / "trivium-bench" / "completion"

# Licences as the packages state them: MIT, BSD or Apache-2.0, all of them.
REPORT = {
    "python": ("httpx", "structlog", "cachetools", "marshmallow", "pluggy", "typer"),
    "typescript": ("zod", "@tanstack/query-core", "@trpc/server", "@reduxjs/toolkit"),
    "go": (
        "golang-github-spf13-cobra-dev",
        "golang-github-gorilla-mux-dev",
        "golang-go.uber-zap-dev",
        "golang-github-yuin-goldmark-dev",
    ),
    "rust": (
        "librust-itertools-dev",
        "librust-rayon-dev",
        "librust-globset-dev",
        "librust-csv-dev",
    ),
    "java": ("commons-csv", "libcommons-lang3-java", "jsoup"),
}
FIT = {
    "python": ("anyio", "cattrs", "tomlkit", "starlette", "jinja2", "werkzeug"),
    "typescript": ("rxjs", "mobx", "@tiptap/core", "lexical"),
    "go": (
        "golang-github-urfave-cli-v2-dev",
        "golang-github-sirupsen-logrus-dev",
        "golang-github-go-chi-chi-dev",
        "golang-github-spf13-afero-dev",
    ),
    "rust": (
        "librust-clap-dev",
        "librust-serde-json-dev",
        "librust-petgraph-dev",
        "librust-nom-dev",
    ),
    "java": ("libcommons-io-java", "libcommons-codec-java", "libcommons-collections4-java"),
}
SUFFIXES = {"python": ".py", "typescript": ".ts", "go": ".go", "rust": ".rs", "java": ".java"}


@dataclass(frozen=True)
class Package:
    """One unpacked package."""

    language: str
    name: str
    root: Path

    def files(self) -> list[Path]:
        """Its source files, sorted; declaration files and vendored code left out."""
        return sorted(
            path
            for path in self.root.rglob(f"*{SUFFIXES[self.language]}")
            if path.is_file()
            and not path.is_symlink()
            and not path.name.endswith((".d.ts", ".pb.go"))
            and not {"vendor", "_vendor", "node_modules"} & set(path.parts)
        )


def packages(wanted: dict[str, tuple[str, ...]]) -> Iterator[Package]:
    """Each package of a set, fetched when it is not there; one that fails is named and left out."""
    for language, names in wanted.items():
        for name in names:
            root = CACHE / language / name.replace("/", "__")
            if not root.is_dir():
                try:
                    _fetch(language, name, root)
                except (subprocess.CalledProcessError, OSError, IndexError) as error:
                    print(f"{name} could not be fetched: {error}", file=sys.stderr)
                    continue
            yield Package(language, name, root)


def _fetch(language: str, name: str, root: Path) -> None:
    aside = root.with_name(root.name + ".part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    _CLIENTS[language](name, aside)
    aside.rename(root)


def _pip(name: str, folder: Path) -> None:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    _run([*pip, "--only-binary=:all:", name], folder)
    wheel = next(folder.glob("*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    wheel.unlink()


def _npm(name: str, folder: Path) -> None:
    _run(["npm", "pack", "--silent", name], folder)
    archive = next(folder.glob("*.tgz"))
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    archive.unlink()


def _deb(name: str, folder: Path) -> None:
    _run(["apt-get", "-oAPT::Sandbox::User=root", "--quiet=2", "download", name], folder)
    archive = next(folder.glob("*.deb"))
    _run(["dpkg", "-x", archive.name, "."], folder)
    archive.unlink()


def _apt_source(name: str, folder: Path) -> None:
    lists = CACHE / "apt"
    options = _source_options(lists)
    if not (lists / "lists").is_dir():
        (lists / "lists" / "partial").mkdir(parents=True)
        _run(["apt-get", *options, "--quiet=2", "update"], folder)
    _run(
        ["apt-get", *options, "--quiet=2", "--tar-only", "--download-only", "source", name], folder
    )
    for archive in folder.glob("*.orig*.tar.*z*"):
        if archive.suffix != ".asc":
            with tarfile.open(archive) as tar:
                tar.extractall(folder, filter="data")
    for archive in folder.iterdir():
        if archive.is_file():
            archive.unlink()


def _source_options(folder: Path) -> list[str]:
    """Options that add the source half of this machine's own Debian archive, for one call."""
    folder.mkdir(parents=True, exist_ok=True)
    system = Path("/etc/apt/sources.list.d/debian.sources").read_text()
    (folder / "debian.sources").write_text(system.replace("Types: deb\n", "Types: deb-src\n"))
    return [
        "-oAPT::Sandbox::User=root",
        f"-oDir::Etc::SourceList={folder / 'debian.sources'}",
        "-oDir::Etc::SourceParts=/dev/null",
        f"-oDir::State::Lists={folder / 'lists'}",
    ]


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


_CLIENTS: dict[str, Callable[[str, Path], None]] = {
    "python": _pip,
    "typescript": _npm,
    "go": _deb,
    "rust": _deb,
    "java": _apt_source,
}

if __name__ == "__main__":
    for package in [*packages(REPORT), *packages(FIT)]:
        print(f"{package.language:12}{package.name:40}{len(package.files()):6} files")
