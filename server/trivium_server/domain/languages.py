"""The languages Trivium knows by grammar: one row each, nothing else.

A language that is not here is still indexed, completed and rewritten, by lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath


@dataclass(frozen=True, slots=True)
class Language:
    """How to recognise a language and how its comments look."""

    id: str
    """The LSP language id."""
    suffixes: tuple[str, ...]
    grammar: str = ""
    """Import name of the tree-sitter wheel, with `:function` where it is not `language`."""
    line_comment: str = ""
    block_comment: tuple[str, str] = ("", "")
    names: tuple[str, ...] = ()
    """File names without a telling suffix."""
    aliases: tuple[str, ...] = ()
    """Other ids that editors send."""


_C = ("/*", "*/")
_RUBY = ("Rakefile", "Gemfile", "Guardfile", "Podfile", "Fastfile", "Vagrantfile", "Brewfile")
_SHELL = (
    *(".bashrc", ".bash_profile", ".bash_aliases", ".bash_logout", ".profile"),
    *(".zshrc", ".zshenv", ".zprofile", ".zlogin", "PKGBUILD"),
)

LANGUAGES: tuple[Language, ...] = (
    Language("python", (".py", ".pyi"), "tree_sitter_python", "#"),
    Language(
        "javascript",
        (".js", ".mjs", ".cjs", ".jsx"),
        "tree_sitter_javascript",
        "//",
        _C,
        aliases=("javascriptreact",),
    ),
    Language(
        "typescript",
        (".ts", ".mts", ".cts"),
        "tree_sitter_typescript:language_typescript",
        "//",
        _C,
    ),
    Language("typescriptreact", (".tsx",), "tree_sitter_typescript:language_tsx", "//", _C),
    Language("rust", (".rs",), "tree_sitter_rust", "//", _C),
    Language("go", (".go",), "tree_sitter_go", "//", _C),
    Language("java", (".java",), "tree_sitter_java", "//", _C),
    Language("c", (".c", ".h"), "tree_sitter_c", "//", _C),
    Language(
        "cpp", (".cpp", ".cc", ".cxx", ".hpp", ".hh", ".hxx", ".ipp"), "tree_sitter_cpp", "//", _C
    ),
    Language("csharp", (".cs",), "tree_sitter_c_sharp", "//", _C),
    Language("ruby", (".rb", ".rake", ".gemspec"), "tree_sitter_ruby", "#", names=_RUBY),
    Language("php", (".php",), "tree_sitter_php:language_php", "//", _C),
    Language(
        "shellscript",
        (".sh", ".bash", ".bats", ".zsh"),
        "tree_sitter_bash",
        "#",
        names=_SHELL,
        aliases=("bash", "sh", "zsh"),
    ),
    Language("kotlin", (".kt", ".kts"), "tree_sitter_kotlin", "//", _C),
    Language("scala", (".scala", ".sc"), "tree_sitter_scala", "//", _C),
    Language("swift", (".swift",), "tree_sitter_swift", "//", _C),
    Language("markdown", (".md", ".markdown", ".mdx"), "tree_sitter_markdown", "", ("<!--", "-->")),
    Language("html", (".html", ".htm"), "tree_sitter_html", "", ("<!--", "-->")),
    Language("css", (".css",), "tree_sitter_css", "", _C),
    Language("json", (".json",), "tree_sitter_json"),
    # Without a grammar here: comment markers only.
    Language("elixir", (".ex", ".exs"), line_comment="#"),
    Language("erlang", (".erl", ".hrl", ".escript"), line_comment="%"),
    Language("graphql", (".graphql", ".graphqls", ".gql"), line_comment="#"),
    Language(
        "terraform",
        (".tf", ".tfvars", ".hcl"),
        line_comment="#",
        block_comment=_C,
        aliases=("hcl", "opentofu", "terraform-vars", "opentofu-vars"),
    ),
    Language(
        "proto",
        (".proto",),
        line_comment="//",
        block_comment=_C,
        aliases=("proto3", "protobuf"),
    ),
    Language(
        "objective-c",
        (".m", ".mm"),
        line_comment="//",
        block_comment=_C,
        aliases=("objective-cpp", "objc"),
    ),
    Language("zig", (".zig",), line_comment="//"),
    Language("lua", (".lua",), line_comment="--", block_comment=("--[[", "]]")),
    Language("haskell", (".hs",), line_comment="--", block_comment=("{-", "-}")),
    Language("sql", (".sql",), line_comment="--", block_comment=_C),
    Language("perl", (".pl", ".pm"), line_comment="#"),
    Language("r", (".r", ".R"), line_comment="#"),
    Language("dart", (".dart",), line_comment="//", block_comment=_C),
    Language("toml", (".toml",), line_comment="#"),
    Language("yaml", (".yaml", ".yml"), line_comment="#"),
    Language("makefile", (".mk",), line_comment="#", names=("Makefile", "GNUmakefile")),
    Language("dockerfile", (), line_comment="#", names=("Dockerfile",)),
    Language(
        "groovy",
        (".groovy", ".gradle"),
        line_comment="//",
        block_comment=_C,
        names=("Jenkinsfile",),
    ),
    Language("cmake", (".cmake",), line_comment="#", names=("CMakeLists.txt",)),
    Language(
        "pip-requirements", (), line_comment="#", names=("requirements.txt", "constraints.txt")
    ),
    Language("scss", (".scss",), line_comment="//", block_comment=_C),
    Language("sass", (".sass",), line_comment="//", block_comment=_C),
    Language("less", (".less",), line_comment="//", block_comment=_C),
    Language("stylus", (".styl",), line_comment="//", block_comment=_C),
    Language("glsl", (".glsl", ".vert", ".frag", ".comp"), line_comment="//", block_comment=_C),
    Language("hlsl", (".hlsl",), line_comment="//", block_comment=_C),
    Language("bat", (".bat", ".cmd"), line_comment="REM", aliases=("batch", "dosbatch")),
    Language("vb", (".vb", ".bas", ".vbs"), line_comment="'"),
    Language("vim", (".vim",), line_comment='"', names=(".vimrc",), aliases=("viml",)),
    Language(
        "fortran",
        (".f90", ".f95", ".f03", ".f08"),
        line_comment="!",
        aliases=("fortran-modern", "FortranFreeForm"),
    ),
    Language("gherkin", (".feature",), line_comment="#", aliases=("cucumber", "feature")),
    # Text of a form that is not read here.
    Language("latex", (".tex",), line_comment="%", aliases=("tex",)),
    Language("asciidoc", (".adoc", ".asciidoc"), line_comment="//"),
    Language("org", (".org",)),
    Language("subtitles", (".srt", ".vtt"), aliases=("srt", "vtt")),
    # Data has no comments.
    Language("csv", (".csv", ".tsv"), aliases=("tsv",)),
    Language("restructuredtext", (".rst",)),
    Language("plaintext", (".txt",)),
    Language(
        "git-commit",
        (),
        line_comment="#",
        names=("COMMIT_EDITMSG", "MERGE_MSG", "TAG_EDITMSG", "SQUASH_MSG"),
        aliases=("gitcommit",),
    ),
)

_BY_ID = {name: lang for lang in LANGUAGES for name in (lang.id, *lang.aliases)}
_BY_SUFFIX = {suffix: lang for lang in LANGUAGES for suffix in lang.suffixes}
_BY_NAME = {name: lang for lang in LANGUAGES for name in lang.names}

UNKNOWN = Language("", ())
"""Stands for every language that is not in the table."""


def by_id(language_id: str) -> Language:
    """The language an editor names, or `UNKNOWN`."""
    return _BY_ID.get(language_id, UNKNOWN)


def of_path(path: str | PurePath) -> Language:
    """The language a file name suggests, or `UNKNOWN`."""
    path = PurePath(path)
    return (
        _BY_NAME.get(path.name)
        or _BY_SUFFIX.get(path.suffix)
        or _BY_SUFFIX.get(path.suffix.lower())
    ) or UNKNOWN


_CPP = re.compile(
    r"^[ \t]*(?:class\s+\w|(?:inline\s+)?namespace\b|template\s*<|using\s+\w|extern\s+\"C\+\+\""
    r"|(?:public|protected|private)\s*:)",
    re.MULTILINE,
)
_RUN_BY = re.compile(r"#!.*?[/ ](python|bash|sh|zsh|ruby|node|perl|php|lua|Rscript)[\d.]*(?:\s|$)")
_RUNNERS = {"node": "javascript", "Rscript": "r"}


def of_file(path: str | PurePath, text: str) -> Language:
    """The same, by the text as well: where C and C++ share a name, and what runs a script."""
    found = of_path(path)
    if found is UNKNOWN and (run := _RUN_BY.match(text)):
        return by_id(_RUNNERS.get(run[1], run[1]))
    return by_id("cpp") if found.id == "c" and _CPP.search(text) else found
