"""A server that indexes as fast as it can until it is killed; run by test_crash."""

import os
import sys
import time
from pathlib import Path

import numpy as np

from trivium_server.domain import updating
from trivium_server.domain.files import Walk
from trivium_server.domain.index import Index
from trivium_server.domain.vectors import VectorFile


def main(root: Path, cache: Path) -> None:
    """Index, embed, change files, and begin again."""
    index = Index(cache / "index.sqlite", VectorFile(cache / "vectors.sqlite", "fake"))
    rng = np.random.default_rng()
    files = sorted(root.glob("*.py"))
    print("open", flush=True)
    while True:
        new, gone = updating.compare(index, Walk(root))
        while new or gone:
            updating.apply(index, Walk(root), new, gone, seconds=0.002)
        index.plan(lambda path, modified: -modified)
        while texts := index.next_texts(8):
            index.give(list(texts), rng.standard_normal((len(texts), 64)).astype(np.float32))
        for file in rng.choice(np.array(files, dtype=object), 3):
            number = time.monotonic_ns()
            aside = cache / "aside"
            aside.write_text(f"def changed_{number}():\n    return {number}\n\n" * 30)
            aside.replace(file)
        os.sched_yield()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
