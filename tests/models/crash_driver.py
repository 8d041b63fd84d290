"""Make a model again and again, killed a little later each time; print what each death left.

A process of its own, because it forks and its children end by SIGKILL at the n-th event that the
file system sees. Called by test_weights_interrupted.py: `crash_driver.py CACHE CHECKPOINT`.
"""

import json
import os
import signal
import sys
from itertools import count
from pathlib import Path

from trivium_models import cache, fetching, weights
from trivium_models.types import Art

NAME = "org/crash-test"
WATCHED = ("open", "os.", "shutil.", "tempfile.")


def make(checkpoint: Path, version: str) -> None:
    """What a pull does, without its download."""
    with cache.workshop(NAME) as made:
        for file in checkpoint.iterdir():
            (made / file.name).write_bytes(file.read_bytes())
        (made / "version").write_text(version)
        cache.install(made, NAME, f"test {version}")


def make_until_killed(checkpoint: Path, version: str, deadly: int) -> bool:
    """Whether the process lived through it."""
    pid = os.fork()
    if pid == 0:
        events = count()

        def watch(event: str, _: object) -> None:
            if event.startswith(WATCHED) and next(events) == deadly:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(watch)
        make(checkpoint, version)
        os._exit(0)
    return os.waitpid(pid, 0)[1] == 0


def outcome() -> str:
    """The version that is found whole, or the error's class."""
    try:
        folder = weights.locate(NAME, Art.ENCODER)
    except Exception as error:
        return type(error).__name__
    fetching.verify(NAME)
    return (folder / "version").read_text()


def main() -> None:
    """Once into an empty cache, once over an older version."""
    root, checkpoint = Path(sys.argv[1]), Path(sys.argv[2])
    seen: dict[str, list[str]] = {"new": [], "replaced": []}
    for case, found in seen.items():
        for deadly in count():
            os.environ["TRIVIUM_CACHE"] = str(root / f"{case}-{deadly}")
            if case == "replaced":
                make(checkpoint, "old")
            survived = make_until_killed(checkpoint, "new", deadly)
            found.append(outcome())
            make(checkpoint, "again")
            left = list(cache.models_root().glob(".partial/*"))
            assert outcome() == "again" and not left, (case, deadly, left)
            if survived:
                break
    print(json.dumps(seen))


main()
