"""Makes one ranking of several that do not share a scale."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import TypeVar

T = TypeVar("T", bound=Hashable)

SMOOTHING = 60
"""The `k` of Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and
individual Rank Learning Methods" (SIGIR 2009), which found 60 near the best."""


def fuse(*rankings: Sequence[T]) -> list[T]:
    """Return everything that is ranked, best first, by the sum of ``1 / (k + rank)``.

    Ranks count from 1; what a ranking does not hold gets nothing from it. What scores alike
    keeps the order in which it comes first in the rankings as they are given.
    """
    scores: defaultdict[T, float] = defaultdict(float)
    for ranking in rankings:
        for rank, one in enumerate(dict.fromkeys(ranking), start=1):
            scores[one] += 1 / (SMOOTHING + rank)
    return sorted(scores, key=lambda one: -scores[one])
