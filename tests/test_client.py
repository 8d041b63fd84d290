"""The VS Code extension held against the server: settings, protocol, texts in three languages.

Reads files only; what the extension does is tested by tests/e2e.
"""

import json
import re
from pathlib import Path

import attrs
import pytest

from trivium_server import settings
from trivium_server.domain.rewriting.documentation import DESCRIBED
from trivium_server.domain.rewriting.passages import Kind
from trivium_server.lsp import protocol

CLIENT = Path(__file__).parents[1] / "client-vscode"
MANIFEST = json.loads((CLIENT / "package.json").read_text("utf8"))
PROPERTIES = MANIFEST["contributes"]["configuration"]["properties"]
TABLE = {key: (kind, default, doc) for key, kind, default, doc in settings.table()}
LANGUAGES = ["", ".de", ".fr"]


def read(path: str) -> str:
    return (CLIENT / path).read_text("utf8")


def strings(language: str) -> dict[str, str]:
    return json.loads(read(f"package.nls{language}.json"))


def messages(language: str) -> dict[str, str]:
    return json.loads(read(f"l10n/bundle.l10n{language}.json"))


# Settings


@pytest.mark.parametrize("key", TABLE)
def test_a_setting_of_the_server_is_one_of_the_extension(key):
    kind, default, doc = TABLE[key]
    shown = PROPERTIES[key]
    assert (shown["type"], shown["default"]) == (kind, default)
    assert shown["description"] == f"%setting.{key}%"
    assert strings("")[f"setting.{key}"] == doc
    # The editor refuses what the server would.
    assert (shown.get("minimum") == 0) == (kind in ("integer", "number"))


def test_the_server_is_told_of_its_own_settings_only():
    listed = re.search(r"CLIENT_ONLY = \[(.*?)\]", read("src/settings.ts"), re.DOTALL)
    names = re.findall(r"'([^']+)'", listed[1])
    kept_back = {
        key for key in PROPERTIES for name in names if f"{key}.".startswith(f"trivium.{name}.")
    }
    assert kept_back == set(PROPERTIES) - set(TABLE)


def test_what_is_launched_cannot_come_from_an_untrusted_workspace():
    limited = MANIFEST["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"]
    paths = {key for key in PROPERTIES if re.match(r"trivium\.(server|setup|models)\.", key)}
    assert set(limited) == paths
    assert all(PROPERTIES[key]["scope"].startswith("machine") for key in paths)


# Texts


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_manifest_is_in_every_language(language):
    used = set(re.findall(r'"%([^%"]+)%"', read("package.json")))
    assert set(strings(language)) == used
    assert all(strings(language).values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_messages_are_in_every_language(language):
    source = "\n".join(path.read_text("utf8") for path in (CLIENT / "src").rglob("*.ts"))
    used = set(re.findall(r"l10n\.t\(\s*'((?:[^'\\]|\\.)*)'", source))
    used |= set(re.findall(r"text\('[^']*', '([^']*)'", read("src/statusText.ts")))
    used |= set(re.findall(r"\bt\('([^']*)'", source))
    assert set(messages(language)) == used


def test_every_place_of_a_text_action_is_known():
    source = read("src/titles.ts")
    nouns = {*Kind, *DESCRIBED, "comments", "selection", "document"}
    assert nouns <= set(re.findall(r": t\('([^']*)'\)", source))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_keeps_the_gaps_and_the_links(language):
    gaps = re.compile(r"\{\d\}|\(command:[^)]*\)|`[^`]*`")
    for text, translated in messages(language).items():
        assert sorted(gaps.findall(text)) == sorted(gaps.findall(translated))
    for key, text in strings("").items():
        assert sorted(gaps.findall(text)) == sorted(gaps.findall(strings(language)[key]))


# Protocol

INTERFACES = dict(
    re.findall(r"export interface (\w+) \{\n(.*?)\n\}", read("src/protocol.ts"), re.DOTALL)
)
CLASSES = {
    name: kind
    for name, kind in vars(protocol).items()
    if attrs.has(kind) and kind.__module__ == protocol.__name__
}


def test_both_sides_know_the_same_shapes():
    assert set(INTERFACES) == set(CLASSES)


@pytest.mark.parametrize("name", CLASSES)
def test_a_shape_has_the_same_fields_on_both_sides(name):
    fields = {settings.camel(field.name) for field in attrs.fields(CLASSES[name])}
    assert set(re.findall(r"^  (\w+)\??:", INTERFACES[name], re.MULTILINE)) == fields


@pytest.mark.parametrize("name", [name for name in CLASSES if not name.endswith("Params")])
def test_what_the_server_leaves_out_is_optional_in_the_client(name):
    fields = attrs.fields(CLASSES[name])
    left_out = {settings.camel(each.name) for each in fields if each.default is not attrs.NOTHING}
    assert set(re.findall(r"^  (\w+)\?:", INTERFACES[name], re.MULTILINE)) == left_out


def test_both_sides_know_the_same_methods():
    ours = {value for value in vars(protocol).values() if str(value).startswith("trivium/")}
    theirs = set(re.findall(r"'(trivium/\w+)'", read("src/protocol.ts")))
    assert theirs == ours - {protocol.PREFIX}


# Packages


@pytest.mark.parametrize(
    "lock",
    [
        *CLIENT.glob("package-lock.json"),
        *Path(__file__).parent.glob("e2e/workbench/*lock.json"),
        *Path(__file__).parent.glob("e2e/workbench/*shrinkwrap.json"),
    ],
    ids=lambda p: p.name,
)
def test_a_lock_names_no_registry(lock):
    assert '"resolved"' not in lock.read_text("utf8")
