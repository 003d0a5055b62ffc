"""Charges: who pays, and what is settled however a call ends."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from uuid import UUID

import pytest

from tests.fakes.memory_ledger import Entry, MemoryLedger
from worker.charges import Account, charged, charged_to
from worker.lessons.claim import Claim
from worker.lessons.costs import BillableCall, Usage
from worker.lessons.errors import (
    DayBudgetError,
    DependencyUnavailableError,
    RefusedError,
    WorkerError,
)
from worker.lessons.stage import Stage

CLAIM = Claim(UUID(int=1), 3)
CALL = BillableCall("google_voice", "en-US-Standard-A", Usage(characters=100))


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger()


def account(ledger: MemoryLedger, stage: Stage = Stage.NARRATE) -> Account:
    return Account(ledger, CLAIM, stage)


def only(ledger: MemoryLedger) -> Entry:
    (entry,) = ledger.entries.values()
    return entry


async def test_a_call_is_reserved_before_it_is_made_and_settled_after(ledger: MemoryLedger) -> None:
    with charged_to(account(ledger)):
        async with charged(CALL) as charge:
            assert only(ledger) == Entry(CLAIM, Stage.NARRATE, CALL, used=CALL.estimate)
            charge.settle(Usage(characters=40))
    assert (only(ledger).status, only(ledger).used) == ("settled", Usage(characters=40))


async def test_a_call_that_says_nothing_has_used_its_estimate(ledger: MemoryLedger) -> None:
    with charged_to(account(ledger)):
        async with charged(CALL):
            pass
    entry = only(ledger)
    assert (entry.status, entry.is_assumed, entry.used) == ("settled", False, CALL.estimate)


async def test_a_call_without_room_in_a_budget_is_not_made(ledger: MemoryLedger) -> None:
    ledger.refusal = DayBudgetError("day", 1, 60.0)
    with charged_to(account(ledger)), pytest.raises(DayBudgetError):
        async with charged(CALL):
            pytest.fail("the call was made")


@pytest.mark.parametrize(
    ("error", "ends"),
    [
        (DependencyUnavailableError("no answer"), ("settled", True)),
        (ValueError("a fault of ours"), ("settled", True)),
        (RefusedError("no"), ("void", False)),
    ],
)
async def test_an_error_passes_through_and_decides_what_was_bought(
    ledger: MemoryLedger, error: Exception, ends: tuple[str, bool]
) -> None:
    with charged_to(account(ledger)), pytest.raises(type(error)) as caught:
        async with charged(CALL):
            raise error
    assert caught.value is error
    assert (only(ledger).status, only(ledger).is_assumed) == ends


async def test_a_call_that_is_cancelled_leaves_its_intent_to_the_end_of_its_request(
    ledger: MemoryLedger,
) -> None:
    with charged_to(account(ledger)), pytest.raises(asyncio.CancelledError):
        async with charged(CALL):
            raise asyncio.CancelledError
    assert only(ledger).status == "intended"


async def test_a_settlement_that_cannot_be_written_costs_no_result(ledger: MemoryLedger) -> None:
    class _Deaf(MemoryLedger):
        async def settle(self, charge_id: UUID, call: BillableCall, used: Usage) -> None:
            raise WorkerError(f"nobody hears of {charge_id}, {call.provider}, {used}")

    deaf = _Deaf()
    with charged_to(account(deaf)):
        async with charged(CALL):
            pass
    assert only(deaf).status == "intended"
    assert ledger.entries == {}


async def test_tasks_are_charged_to_whom_they_were_begun_for(ledger: MemoryLedger) -> None:
    async def call() -> None:
        async with charged(CALL):
            await asyncio.sleep(0)

    with charged_to(account(ledger, Stage.RENDER)):
        task = asyncio.create_task(call())
    with charged_to(account(ledger, Stage.NARRATE)):
        await call()
    await task
    await call()
    stages = [entry.stage for entry in ledger.entries.values()]
    assert sorted(stages) == [Stage.NARRATE, Stage.RENDER]


@pytest.mark.parametrize(
    ("ends", "heard"),
    [
        (None, [Usage(characters=40)]),
        (DependencyUnavailableError("no answer"), [Usage(characters=40)]),
        (RefusedError("no"), [Usage(characters=40)]),
        (asyncio.CancelledError(), [CALL.estimate]),
    ],
)
async def test_an_account_hears_what_each_call_has_used(
    ledger: MemoryLedger, ends: BaseException | None, heard: list[Usage]
) -> None:
    """A call that was cancelled stays in the ledger by its estimate."""
    spent: list[Usage] = []
    listening = Account(ledger, CLAIM, Stage.NARRATE, lambda _, used: spent.append(used))
    with charged_to(listening), suppress(asyncio.CancelledError, WorkerError):
        async with charged(CALL) as charge:
            charge.settle(Usage(characters=40))
            if ends is not None:
                raise ends
    assert spent == heard


async def test_a_call_that_bought_nothing_is_not_heard_of(ledger: MemoryLedger) -> None:
    spent: list[Usage] = []
    listening = Account(ledger, CLAIM, Stage.NARRATE, lambda _, used: spent.append(used))
    with charged_to(listening), suppress(RefusedError):
        async with charged(CALL):
            raise RefusedError("no")
    assert spent == []
