"""What the worker needs from outside, in its own words.

Each protocol states its obligations: whether it may block, what it raises, what may be called
twice. An adapter translates its vendor's errors into `worker.lessons.errors`, once.
"""

from __future__ import annotations

from worker.ports.broker import Delivery, MessageSource, Publisher
from worker.ports.costs import CostLedger
from worker.ports.making import FinishedFiles, LessonFacts, LessonRenderer, Pipeline
from worker.ports.objects import ObjectStore
from worker.ports.passages import Keeping, Kept, PassageIndex, PassageShelf
from worker.ports.providers import (
    Embedder,
    EmbeddingPurpose,
    SelfChecking,
    Shortcoming,
    Tutor,
    Voice,
)
from worker.ports.requests import (
    LetterShelf,
    Outbox,
    OutboxBacklog,
    OutboxLease,
    RejectedDelivery,
    RequestStore,
)

__all__ = [
    "CostLedger",
    "Delivery",
    "Embedder",
    "EmbeddingPurpose",
    "FinishedFiles",
    "Keeping",
    "Kept",
    "LessonFacts",
    "LessonRenderer",
    "LetterShelf",
    "MessageSource",
    "ObjectStore",
    "Outbox",
    "OutboxBacklog",
    "OutboxLease",
    "PassageIndex",
    "PassageShelf",
    "Pipeline",
    "Publisher",
    "RejectedDelivery",
    "RequestStore",
    "SelfChecking",
    "Shortcoming",
    "Tutor",
    "Voice",
]
