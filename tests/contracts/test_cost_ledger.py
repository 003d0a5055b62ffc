"""What every ledger promises, held by the fake and by PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from tests.fakes.memory_ledger import MemoryLedger
from tests.ledgers import CALL, claim_of, postgres_ledger, stored_charge
from tests.platform import Platform
from worker.lessons.claim import Claim
from worker.lessons.costs import Usage
from worker.lessons.stage import Stage
from worker.ports import CostLedger

Charge = tuple[str, bool, float]
"""Status, whether it is assumed, and seconds of processor time."""


@dataclass(frozen=True, slots=True)
class Book:
    """A ledger, a claim to charge, and a look at a charge from outside."""

    ledger: CostLedger
    claim: Claim
    look: Callable[[UUID], Awaitable[Charge]]


def _in_memory() -> Book:
    ledger = MemoryLedger()

    async def look(charge_id: UUID) -> Charge:
        entry = ledger.entries[charge_id]
        return entry.status, entry.is_assumed, entry.used.cpu_seconds

    return Book(ledger, Claim(uuid4(), 1), look)


@pytest.fixture(params=["memory", "postgres"])
async def book(request: pytest.FixtureRequest, platform: Platform) -> Book:
    if request.param == "memory":
        return _in_memory()

    async def look(charge_id: UUID) -> Charge:
        row = await stored_charge(platform, charge_id)
        return row.status, row.is_assumed, row.cpu_seconds

    return Book(postgres_ledger(platform), await claim_of(platform), look)


async def test_a_reserved_call_is_intended_at_its_estimate(book: Book) -> None:
    charge = await book.ledger.reserve(book.claim, Stage.RENDER, CALL)
    assert await book.look(charge) == ("intended", False, 2.0)


async def test_a_settled_call_is_what_it_used(book: Book) -> None:
    charge = await book.ledger.reserve(book.claim, Stage.RENDER, CALL)
    await book.ledger.settle(charge, CALL, Usage(cpu_seconds=1.5))
    assert await book.look(charge) == ("settled", False, 1.5)


async def test_an_assumed_call_is_settled_by_its_estimate(book: Book) -> None:
    charge = await book.ledger.reserve(book.claim, Stage.RENDER, CALL)
    await book.ledger.assume(charge)
    assert await book.look(charge) == ("settled", True, 2.0)


async def test_a_void_call_has_used_nothing(book: Book) -> None:
    charge = await book.ledger.reserve(book.claim, Stage.RENDER, CALL)
    await book.ledger.void(charge)
    assert await book.look(charge) == ("void", False, 0.0)


async def test_a_late_word_replaces_what_was_assumed(book: Book) -> None:
    charge = await book.ledger.reserve(book.claim, Stage.RENDER, CALL)
    await book.ledger.assume(charge)
    await book.ledger.settle(charge, CALL, Usage(cpu_seconds=0.5))
    assert await book.look(charge) == ("settled", False, 0.5)


async def test_what_is_settled_stays_so(book: Book) -> None:
    charge = await book.ledger.reserve(book.claim, Stage.RENDER, CALL)
    await book.ledger.settle(charge, CALL, Usage(cpu_seconds=1.0))
    await book.ledger.settle(charge, CALL, Usage(cpu_seconds=9.0))
    await book.ledger.void(charge)
    await book.ledger.assume(charge)
    assert await book.look(charge) == ("settled", False, 1.0)
