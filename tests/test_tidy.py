"""The rules that keep the house up: who may import whom, and what must say what it is for."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SERVER = ROOT / "server" / "trivium_server"
MODELS = ROOT / "models" / "trivium_models"
FILES = [*sorted(SERVER.rglob("*.py")), *sorted(MODELS.rglob("*.py"))]

HEAVY = {"torch", "transformers", "sentence_transformers"}
LSP = {"pygls", "lsprotocol"}
ENGINE_SIDE = (
    "crew",
    "encoder",
    "packed",
    "packed_attention",
    "decoder",
    "decoding",
    "direct",
    "seq2seq",
    "generation",
    "t5",
    "t5_positions",
    "fused",
    "threads",
    "timing",
    "gguf",
)
"""Modules that run inside the engine process or the conversion's own process."""


def module_of(path: Path) -> str:
    base = SERVER.parent if SERVER in path.parents or path == SERVER else MODELS.parent
    parts = path.relative_to(base).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> set[str]:
    """Everything a file imports when it runs; imports for type checking are left out."""
    tree = ast.parse(path.read_text())
    skipped = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and ast.unparse(branch.test) == "TYPE_CHECKING"
        for part in branch.body
        for node in ast.walk(part)
    }
    found = set()
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def top_level(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def forbidden(module: str) -> set[str]:
    """Names that a module may not import, top-level or dotted."""
    part = module.removeprefix("trivium_models.").partition(".")[0]
    if module.startswith("trivium_models"):
        return LSP | {"trivium_server"} | (set() if part in ENGINE_SIDE else HEAVY)
    banned = set(HEAVY)
    if not module.startswith("trivium_server.lsp"):
        banned |= LSP
    if module.startswith("trivium_server.domain"):
        banned |= {
            "asyncio",
            "threading",
            "multiprocessing",
            "trivium_server.lsp",
            "trivium_server.services",
            "trivium_server.app",
            "trivium_server.cli",
            "trivium_models.client",
        }
    if module.startswith("trivium_server.services"):
        banned |= {"trivium_server.lsp", "trivium_server.app", "trivium_server.cli"}
    if module.startswith("trivium_server.commands"):
        banned |= {"trivium_server.cli"}
    return banned


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_imports_only_what_it_may(path):
    found = imports(path)
    banned = forbidden(module_of(path))
    wrong = {name for name in found if name in banned or name.partition(".")[0] in banned}
    assert not wrong


def test_no_feature_imports_another():
    folder = SERVER / "lsp" / "features"
    features = {f"trivium_server.lsp.features.{path.stem}" for path in folder.glob("*.py")}
    for path in folder.glob("*.py"):
        assert not imports(path) & (features - {module_of(path)}), path.name


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_says_what_it_is_for(path):
    assert ast.get_docstring(ast.parse(path.read_text())), f"{path} has no docstring"


@pytest.mark.parametrize(
    "module", ["trivium_server.cli", "trivium_server.lsp.build", "trivium_server.app"]
)
def test_importing_the_server_leaves_torch_out(module):
    code = f"import {module}, sys; print([m for m in {sorted(HEAVY)!r} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_no_registry_host_is_written_down():
    hosts = ("py" + "pi.org", "python" + "hosted", "registry." + "npmjs", "deb." + "debian.org")
    for path in [*FILES, *(ROOT / "tests").rglob("*.py"), *ROOT.glob("*.*")]:
        if path.is_file():
            text = path.read_text(errors="replace")
            assert not [host for host in hosts if host in text], path
