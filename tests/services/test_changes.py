"""What is gathered until the index is compared with the folder again."""

from __future__ import annotations

import pytest

from trivium_server.services.changes import Changes

MANY = [f"{number}.py" for number in range(1000)]


@pytest.mark.parametrize(
    ("reports", "paths"),
    [
        ([["a.py"], ["b/c.py", "a.py"]], {"a.py", "b/c.py"}),
        ([["a.py"], ["b/.gitignore"]], None),
        ([[".ignore"], ["a.py"]], None),
        ([["not.gitignore"]], {"not.gitignore"}),
        ([MANY], None),
        ([[each] for each in MANY], None),
        ([MANY[:9]] * 100, set(MANY[:9])),
    ],
    ids=["paths", "ignore file", "and then", "like one", "many", "one by one", "the same again"],
)
def test_some_paths_or_everything(reports, paths):
    changes = Changes()
    assert changes and changes.take() is None and not changes
    for report in reports:
        changes.add(report)
    assert changes and changes.take() == paths and not changes


def test_what_is_reported_while_work_is_under_way_is_for_the_next_time():
    changes = Changes()
    changes.take()
    changes.add(["a.py"])
    assert changes.take() == {"a.py"}
    changes.add(["b.py"])
    assert changes.take() == {"b.py"}
