"""What happens where a row cannot be told how far its request is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.integration.pipeline.conftest import Workshop
from worker.adapters.database.requests import PostgresRequestStore
from worker.lessons.claim import Claim
from worker.lessons.errors import ClaimLostError, DependencyUnavailableError, WorkerError
from worker.lessons.stage import Status


class SilentNotes(PostgresRequestStore):
    """The real store, which takes no notes of progress.

    Attributes:
        answer: What it says instead.
        refused: How many it did not take, by name.
    """

    answer: WorkerError
    refused: dict[str, int]

    async def report_progress(self, claim: Claim, percentage: int) -> None:  # noqa: ARG002  # the port gives it
        """Take nothing."""
        self.refused["progress"] = self.refused.get("progress", 0) + 1
        raise self.answer

    async def count_claims_anew(self, claim: Claim) -> None:  # noqa: ARG002  # the port gives it
        """Take nothing."""
        self.refused["kept"] = self.refused.get("kept", 0) + 1
        raise self.answer


def _with_silent_notes(workshop: Workshop, answer: WorkerError) -> SilentNotes:
    store = SilentNotes(workshop.platform.engine, worker_id="worker-a")
    store.answer, store.refused = answer, {}
    workshop.tools = replace(workshop.tools, store=store)
    return store


async def test_a_note_of_progress_that_the_row_does_not_take_costs_a_lesson_nothing(
    workshop: Workshop,
) -> None:
    store = _with_silent_notes(workshop, DependencyUnavailableError("PostgreSQL did not answer"))
    lesson = await workshop.make(await workshop.add(requested_modalities=["audio"]))
    assert lesson.ending.status is Status.COMPLETED
    assert store.refused.keys() == {"progress", "kept"}


async def test_a_note_that_finds_the_claim_gone_ends_the_work(workshop: Workshop) -> None:
    _with_silent_notes(workshop, ClaimLostError("another worker's"))
    with pytest.RaisesGroup(ClaimLostError, flatten_subgroups=True, allow_unwrapped=True):
        await workshop.make(await workshop.add(requested_modalities=["audio"]))
