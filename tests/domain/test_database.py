"""A file of the cache is opened by several at once, the first time too."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from trivium_server.domain import database

SCHEMA = "CREATE TABLE kept(text TEXT)"


def test_whoever_opens_a_new_file_at_the_same_moment_gets_it(tmp_path):
    """SQLite says at once that it is locked where two begin a log: it did in 1 of 150 openings."""
    together = Barrier(8)

    def opened(number):
        together.wait()
        db = database.open_(tmp_path / f"{number}.sqlite", SCHEMA)
        mode = db.execute("PRAGMA journal_mode").fetchone()[0]
        held = db.execute("SELECT count(*) FROM kept").fetchone()[0]
        db.close()
        return mode, held

    with ThreadPoolExecutor(8) as several:
        for number in range(60):
            assert set(several.map(opened, [number] * 8)) == {("wal", 0)}
