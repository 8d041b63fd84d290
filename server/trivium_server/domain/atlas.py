"""A workspace by meaning: its files in two dimensions, in clusters that have names.

A file is the mean of its chunks' vectors. Pure numpy; deterministic, so that the same workspace
looks the same tomorrow. Knows nothing of how vectors are stored or shown.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np

from trivium_server.domain import tokens
from trivium_server.domain.arrays import Floats, Ids

_ROUNDS = 30
_MOST_CLUSTERS = 12
_NAME_WORDS = 3


@dataclass(frozen=True, slots=True)
class Point:
    """A file's place on the map, both coordinates from 0 to 1, and its cluster's number."""

    path: str
    x: float
    y: float
    cluster: int


@dataclass(frozen=True, slots=True)
class Atlas:
    """Files as points, and a name for each cluster."""

    points: tuple[Point, ...] = ()
    clusters: tuple[str, ...] = ()


def draw(files: Mapping[str, Floats]) -> Atlas:
    """The map of files, each with a vector, float [dimensions] of any length."""
    if not files:
        return Atlas()
    paths = sorted(files)
    vectors = np.stack([files[path] for path in paths])
    unit = _unit(vectors)
    # What all files share, being code of one project, would put most of them into one cluster.
    own = _unit(unit - unit.mean(axis=0))
    labels = cluster(own, min(_MOST_CLUSTERS, max(1, round(math.sqrt(len(paths) / 2)))))
    places = project(unit)
    points = [
        Point(path, float(x), float(y), int(label))
        for path, (x, y), label in zip(paths, places, labels, strict=True)
    ]
    return Atlas(tuple(points), tuple(names(paths, labels.tolist())))


def project(vectors: Floats) -> Floats:
    """The two directions of greatest variance (PCA), each scaled to 0…1; float [n, 2]."""
    centred = vectors - vectors.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    flat = np.zeros((len(vectors), 2))
    found = centred @ directions[:2].T
    flat[:, : found.shape[1]] = found
    span = flat.max(axis=0) - flat.min(axis=0)
    scaled: Floats = np.where(span > 1e-9, (flat - flat.min(axis=0)) / np.maximum(span, 1e-9), 0.5)
    return scaled


def cluster(vectors: Floats, count: int) -> Ids:
    """Spherical k-means on unit vectors; a cluster's number for each, int [n].

    The first centre is the vector nearest to the mean, each next one the vector farthest from all
    centres so far, so no chance is involved.
    """
    chosen = [int(np.argmax(vectors @ vectors.mean(axis=0)))]
    while len(chosen) < min(count, len(vectors)):
        nearest = (vectors @ vectors[chosen].T).max(axis=1)
        chosen.append(int(np.argmin(nearest)))
    centres = vectors[chosen]
    labels: Ids = np.argmax(vectors @ centres.T, axis=1)
    for _ in range(_ROUNDS):
        sums = np.stack([vectors[labels == n].sum(axis=0) for n in range(len(centres))])
        centres = _unit(sums)
        now = np.argmax(vectors @ centres.T, axis=1)
        if np.array_equal(now, labels):
            break
        labels = now
    return labels


def names(paths: Sequence[str], labels: Sequence[int]) -> list[str]:
    """For each cluster the path words that are common in it and rare elsewhere."""
    words = [set(tokens.words(" ".join(PurePath(path).with_suffix("").parts))) for path in paths]
    everywhere = _shares(words)
    return [
        _name(
            [each for each, label in zip(words, labels, strict=True) if label == number], everywhere
        )
        for number in range(max(labels) + 1)
    ]


def _name(files: Sequence[set[str]], everywhere: Mapping[str, float]) -> str:
    """The words that tell most of a cluster's files from all files."""
    inside = _shares(files)
    weight = {word: share * math.log(share / everywhere[word]) for word, share in inside.items()}
    best = sorted(weight, key=lambda word: (-weight[word], -inside[word], word))[:_NAME_WORDS]
    return " ".join(best)


def _shares(files: Sequence[set[str]]) -> dict[str, float]:
    """The share of the files that each word is in."""
    counts = Counter(word for each in files for word in each)
    return {word: count / len(files) for word, count in counts.items()}


def _unit(vectors: Floats) -> Floats:
    scaled: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return scaled
