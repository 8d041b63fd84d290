"""How long a server takes from process start to its answer to `initialize`, and to a warm search.

`make bench-start`. Each figure is the median of several processes; the worst is printed beside it,
and the processor time, which a busy machine hardly changes.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import session
from benchmarks.report import Report
from support.raw_client import RawClient

RUNS = 15
WORDS = ("price", "order", "address", "invoice", "customer", "stock", "parcel", "refund")


def main() -> int:
    """Print the table and write the JSON."""
    report = Report("start")
    with tempfile.TemporaryDirectory() as folder:
        root = _workspace(Path(folder))
        _session(root, wait=True)
        runs = [_session(root, wait=False) for _ in range(RUNS)]
    rows = [
        [name, statistics.median(values), max(values)]
        for name in runs[0]
        for values in [[run[name] for run in runs]]
    ]
    report.table("from process start, seconds", ("event", "median", "worst"), rows)
    report.write()
    return 0


def _session(root: Path, *, wait: bool) -> dict[str, float]:
    """One server: initialize, then one search over an index that an earlier one has built."""
    fakes = {"models": {"encoder": "fake", "decoder": "fake", "rewriter": "fake"}}
    started = time.perf_counter()
    client = RawClient(env=session.environment())
    client.initialize(
        rootUri=root.as_uri(),
        workspaceFolders=[{"uri": root.as_uri(), "name": "bench"}],
        initializationOptions=fakes,
    )
    initialized = time.perf_counter()
    _search(client)
    searched = time.perf_counter()
    spent = session.processor_seconds(client.process.pid)
    while wait and not _search(client)["complete"]:
        client.until(lambda message: message.get("method") == "trivium/statusChanged")
    client.stop()
    client.kill()
    return {
        "initialize answered": initialized - started,
        "first search answered": searched - started,
        "processor time of the server by then": spent,
    }


def _search(client: RawClient) -> dict[str, Any]:
    answer = client.request("trivium/search", {"query": "refund of a parcel"})
    return dict(answer["result"])


def _workspace(folder: Path) -> Path:
    """A hundred small files with functions to find."""
    for number in range(100):
        name = f"{WORDS[number % 8]}_{WORDS[number // 8 % 8]}_{number}"
        code = f"def {name}(value):\n    return value * {number}\n\n\n" * 5
        (folder / f"{name}.py").write_text(code)
    return folder


if __name__ == "__main__":
    sys.exit(main())
