"""Scores added up term by term are those of SQLite, and are never older than the table."""

import sqlite3

import pytest

from trivium_server.domain.marks import Marks
from trivium_server.domain.remembered import Remembered
from trivium_server.domain.term_scores import TermScores

TEXTS = ["send a mail", "send send a parcel", "a parcel and a mail", "nothing", "mail mail mail"]


@pytest.fixture
def db():
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.execute("CREATE VIRTUAL TABLE notes USING fts5(text, name)")
    db.executemany("INSERT INTO notes VALUES(?, ?)", [(text, "mail") for text in TEXTS[:2]])
    db.executemany("INSERT INTO notes VALUES(?, 'x')", [(text,) for text in TEXTS[2:]])
    return db


@pytest.mark.parametrize("terms", [["mail"], ["send", "parcel"], ["mail", "send", "nothing"]])
def test_a_sum_over_terms_is_what_sqlite_scores(db, terms):
    scored = "SELECT rowid, -bm25(notes, 1, 3) FROM notes WHERE notes MATCH ? ORDER BY 2 DESC, 1"
    expected = db.execute(scored, (" OR ".join(terms),)).fetchall()
    found = TermScores(db, "notes", {"text": 1, "name": 3}).best(terms, 10)
    assert [row for row, _ in found] == [row for row, _ in expected]
    assert [score for _, score in found] == pytest.approx(
        [score for _, score in expected], rel=1e-6, abs=2e-9
    )


def test_the_best_alone_and_among_some(db):
    scores = TermScores(db, "notes", {"text": 1, "name": 3})
    every = scores.best(["mail", "parcel"], 10)
    assert scores.best(["mail", "parcel"], 2) == every[:2]
    assert {row for row, _ in scores.best(["mail"], 10, among=Marks([2, 3, 4, 99]))} == {2, 3}
    assert scores.best(["mail", "mail"], 10) == scores.best(["mail"], 10)
    assert scores.best([], 10) == scores.best(["unknown"], 10) == []


def test_what_is_written_is_found_at_once(db):
    scores = TermScores(db, "notes", {"text": 1, "name": 3})
    assert scores.best(["stamp"], 10) == [] and scores.holding("stamp") == 0
    db.execute("INSERT INTO notes VALUES('a stamp', 'y')")
    assert [row for row, _ in scores.best(["stamp"], 10)] == [6]
    assert scores.holding("stamp") == 1
    db.execute("DELETE FROM notes WHERE rowid = 6")
    assert scores.best(["stamp"], 10) == []


def test_no_more_is_remembered_than_there_is_room_for(db):
    asked = []

    def answer(text):
        asked.append(text)
        return text

    held = Remembered(db, 5, len)
    for text in ("four", "four", "two", "four", "far too long", "far too long"):
        assert held.get(text, lambda text=text: answer(text)) == text
    assert asked == ["four", "two", "four", "far too long"]
