"""Settings: what a client sends is taken where it fits and refused, aloud, where it does not."""

import dataclasses

import pytest

from trivium_server.settings import Settings, from_json, table


def test_nothing_given_is_all_defaults():
    for nothing in (None, {}, {"search": {}}, {"search": {"limit": None}}):
        assert from_json(nothing) == (Settings(), [])


def test_values_are_taken_from_camel_case():
    found, problems = from_json({"engine": {"idleMinutes": 3}, "rewrite": {"targets": ["fr"]}})
    assert (found.engine.idle_minutes, found.rewrite.targets) == (3, ["fr"])
    assert problems == []


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"search": {"limit": "many"}}, "trivium.search.limit"),
        ({"search": {"limit": True}}, "trivium.search.limit"),
        ({"search": {"limit": -1}}, "trivium.search.limit"),
        ({"search": 5}, "trivium.search"),
        ({"rewrite": {"targets": [1]}}, "trivium.rewrite.targets"),
        ({"serch": {}}, "trivium.serch"),
        ("on", "trivium"),
    ],
)
def test_a_wrong_value_is_named_and_the_default_stands(given, named):
    found, problems = from_json(given)
    assert found == Settings()
    assert len(problems) == 1
    assert problems[0].startswith(named)


def test_every_setting_has_a_sentence_and_a_unique_key():
    rows = table()
    assert (
        len({key for key, *_ in rows})
        == len(rows)
        == sum(
            len(dataclasses.fields(getattr(Settings(), f.name)))
            for f in dataclasses.fields(Settings)
        )
    )
    assert all(doc.endswith(".") for *_, doc in rows)
