"""Real files: a model that changes nothing changes nothing, and no model changes the code."""

import argparse
import ast
import dataclasses
import json.decoder
import textwrap as textwrap_module
import typing
from pathlib import Path

import pytest

from support.rewriting import identity, longer, rewritten
from trivium_server.domain import syntax

ROOT = Path(__file__).parents[3]
MODULES = [argparse, dataclasses, json.decoder, textwrap_module, typing]
PYTHON = [Path(module.__file__) for module in MODULES]
MARKDOWN = sorted([*ROOT.glob("*.md"), *ROOT.glob("models/cards/*.md")])
TYPESCRIPT = sorted((ROOT / "client-vscode" / "src").glob("*.ts"))[:6]


@pytest.mark.parametrize("path", [*PYTHON, *MARKDOWN, *TYPESCRIPT], ids=lambda path: path.name)
def test_an_unchanging_model_changes_nothing(path):
    language = {".py": "python", ".md": "markdown", ".ts": "typescript"}[path.suffix]
    text = path.read_text(encoding="utf-8")
    after, outcome = rewritten(text, language, model=identity)
    assert outcome.edits == []
    assert after == text


@pytest.mark.parametrize("mode", ["replace", "insert"])
@pytest.mark.parametrize("path", PYTHON, ids=lambda path: path.stem)
def test_only_comments_and_docstrings_of_python_change(path, mode):
    text = path.read_text(encoding="utf-8")
    after, outcome = rewritten(text, "python", model=longer, mode=mode)
    assert len(outcome.edits) > 5
    assert without_docstrings(after) == without_docstrings(text)


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda path: path.name)
def test_the_structure_of_markdown_stays(path):
    text = path.read_text(encoding="utf-8")
    after, _ = rewritten(text, "markdown", model=longer)
    assert structure(after) == structure(text)


def without_docstrings(text):
    tree = ast.parse(text)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            body[0] = ast.Pass()
    return ast.dump(tree)


def structure(text):
    """The kinds of a document's parts, with the whole of those that must not change."""
    tree = syntax.parse(text, "markdown")
    fixed = ("fenced_code_block", "html_block", "link_reference_definition")
    return [
        (node.type, tree.source(node) if node.type in fixed else "")
        for node in tree.walk()
        if node.type not in ("inline", "block_continuation")
    ]
