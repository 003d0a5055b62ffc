"""A sweep tries every step and hides no failure."""

from __future__ import annotations

import pytest

from worker.delivery.sweep import SweepStep, Tally, sweep
from worker.lessons.errors import DependencyUnavailableError


async def _remove_two(tally: Tally) -> None:
    tally["removed"] += 2


async def _fail_half_way(tally: Tally) -> None:
    tally["deleted"] += 3
    raise DependencyUnavailableError("the store is away", "wait for it")


def _never(_: Exception) -> bool:
    return False


async def _be_faulty(_: Tally) -> None:
    raise KeyError("what a student wrote")


async def test_a_step_that_fails_is_reported_with_what_it_did_and_the_rest_goes_on() -> None:
    steps = [SweepStep("objects", _fail_half_way), SweepStep("rows", _remove_two)]
    objects, rows = await sweep(steps, _never)
    assert (objects.counts, objects.problem, objects.hint) == (
        {"deleted": 3},
        "the store is away",
        "wait for it",
    )
    assert not objects.is_own_fault
    assert (rows.counts, rows.problem) == ({"removed": 2}, None)


async def test_a_fault_of_ours_is_told_apart_and_never_shows_its_text() -> None:
    faulty, rows = await sweep(
        [SweepStep("faulty", _be_faulty), SweepStep("rows", _remove_two)], _never
    )
    assert faulty.is_own_fault
    assert faulty.problem is not None
    assert faulty.problem.startswith("KeyError at ")
    assert "student wrote" not in faulty.problem
    assert rows.counts == {"removed": 2}


async def test_an_error_that_no_step_can_do_anything_about_ends_the_sweep() -> None:
    ran: list[str] = []

    async def run(_: Tally) -> None:
        ran.append("rows")

    steps = [SweepStep("faulty", _be_faulty), SweepStep("rows", run)]
    with pytest.raises(KeyError):
        await sweep(steps, lambda error: isinstance(error, KeyError))
    assert ran == []
