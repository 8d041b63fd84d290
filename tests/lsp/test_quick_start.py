"""Classes that are finished late are those that attrs makes at once, and a start stays quick."""

import json
import subprocess
import sys

import pytest

DESCRIBE = """
import attrs, inspect, json
from lsprotocol import types
from trivium_server.lsp import protocol

def describe(made):
    attrs.resolve_types(made)
    fields = [
        (each.name, str(each.type), repr(each.default), bool(each.validator), each.kw_only)
        for each in attrs.fields(made)
    ]
    own = [name for name in ("__eq__", "__repr__", "__hash__", "__lt__") if name in vars(made)]
    return [fields, own, str(inspect.signature(made)), made.__match_args__]

everything = {**vars(types), **vars(protocol)}
found = {n: each for n, each in everything.items() if isinstance(each, type) and attrs.has(each)}
print(json.dumps({name: describe(each) for name, each in sorted(found.items())}))
"""
LATE = "from trivium_server.lsp import quick_start; quick_start.import_protocol()\n"


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def test_every_class_is_what_attrs_makes_at_once():
    late, at_once = json.loads(run(LATE + DESCRIBE)), json.loads(run(DESCRIBE))
    assert len(late) > 500
    for name, described in late.items():
        assert described == at_once[name]


@pytest.mark.parametrize(
    "code",
    [
        "print(types.Position(1, 2) == types.Position(1, 2), types.Position(1, 2))",
        "print(types.Range(types.Position(1, 2), types.Position(3, 4)))",
        "print(attrs.evolve(types.Position(1, 2), line=7))",
        "print(types.TextEdit(new_text='', range=None))",
        "types.Position(1, 2, 3)",
        "types.Position(line='one', character=2)",
        "print(c.structure({'line': 1, 'character': 2}, types.Position))",
        "print(c.unstructure(types.Location('file:///a', types.Range(a, a))))",
        "print(c.structure({'query': 'x', 'limit': 3}, protocol.SearchParams))",
        "protocol.SearchParams(query='x', limit=-1)",
        "class Own(types.Position):\n pass\nprint(Own(1, 2), [a.name for a in attrs.fields(Own)])",
    ],
)
def test_a_class_in_use_behaves_as_attrs_has_it(code):
    code = f"""
import attrs
from lsprotocol import types
from trivium_server.lsp import protocol, rpc
c = rpc.converter()
a = types.Position(1, 2)
try:
    exec({code!r})
except Exception as error:
    print(repr(error))
"""
    assert run(LATE + code) == run(code)


def test_a_class_is_finished_when_it_is_first_used_and_no_sooner():
    code = """
from lsprotocol import types
def state():
    print(type(vars(types.Location)["__attrs_attrs__"]).__name__)
state()
types.Location("file:///a", None)
state()
"""
    assert run(LATE + code).split() == ["_Unfinished", "LocationAttributes"]


def test_asyncio_is_imported_without_tls_which_others_can_import_later():
    code = """
import sys
from trivium_server.lsp import quick_start
quick_start.import_asyncio()
import asyncio
print(asyncio.run(asyncio.sleep(0, "runs")), "ssl" in sys.modules, "_ssl" in sys.modules)
import ssl
print(bool(ssl.create_default_context()))
"""
    assert run(code).split() == ["runs", "False", "False", "True"]


def test_a_class_shows_itself_as_attrs_would_have_it():
    code = """
from lsprotocol import types
print(types.TextDocumentItem("file:///a", "python", 1, "x"))
print(types.SaveOptions(), types.Position(1, 2))
"""
    assert run(LATE + code) == run(code)
