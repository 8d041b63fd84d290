"""Similar places by shared words, in the shape of `Workspace.similar`.

It stands for the workspace index where a benchmark asks at hundreds of places in dozens of
packages and embedding them all would take longer than the benchmark. Chunks are the index's own;
vectors are hashed bags of words (`trivium_models.fake`), so it finds less than the index does.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.completion_corpus import Package
from trivium_models.fake import FakeEncoder
from trivium_server.domain.chunking import chunk
from trivium_server.services.workspace import Hit, SearchAnswer


class WordIndex:
    """The chunks of one package."""

    def __init__(self, package: Package) -> None:
        self._root = package.root
        self._places: list[tuple[Path, int, int]] = []
        texts = []
        for path in package.files():
            text = path.read_text("utf-8", "replace")
            for each in chunk(text, path.name, package.language) if len(text) < 200_000 else ():
                self._places.append((path, each.start_line, each.end_line))
                texts.append(text[each.start : each.end])
        self._vectors = _embed(texts)

    async def similar(
        self, text: str, *, limit: int, exclude: tuple[Path, int, int] | None = None
    ) -> SearchAnswer:
        """The chunks that share most words with a text, those of the excluded file left out."""
        scores = self._vectors @ _embed([text])[0]
        hits: list[Hit] = []
        for index in np.argsort(-scores):
            path, start, end = self._places[index]
            if exclude is None or path != exclude[0]:
                score, name = float(scores[index]), path.relative_to(self._root).as_posix()
                hits.append(Hit(self._root, name, start, end, score, "", "", "", "", ""))
            if len(hits) == limit:
                break
        return SearchAnswer(tuple(hits), True, len(self._places), len(self._places))


def _embed(texts: list[str]) -> np.ndarray:
    steps = FakeEncoder().embed(texts)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            vectors: np.ndarray = end.value
            return vectors
