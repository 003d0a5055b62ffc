"""Ledgers on a real PostgreSQL, with prices that are easy to add up."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row

from tests.platform import Platform
from worker.adapters.database.cost_ledger import PostgresCostLedger
from worker.adapters.database.requests import PostgresRequestStore
from worker.lessons.claim import Claim, Claimed
from worker.lessons.costs import BillableCall, Budgets, Price, PriceTable, Usage

CALL = BillableCall("renderer", "segment", Usage(cpu_seconds=2.0))
"""It is reserved at 2 micros: every second costs one."""

UNLIMITED = Budgets()

_READ = date(2026, 11, 23)
PRICES = PriceTable(
    "USD",
    _READ,
    (Price("renderer", "*", "cpu_seconds", Decimal(1), 1_000_000, "these tests", _READ),),
)


def postgres_ledger(platform: Platform, budgets: Budgets = UNLIMITED) -> PostgresCostLedger:
    """Return a ledger on the platform's database."""
    return PostgresCostLedger(
        platform.engine,
        prices=PRICES,
        budgets=budgets,
        new_id=uuid4,
        today=lambda: datetime.now(UTC).date(),
    )


async def claim_of(platform: Platform, **columns: Any) -> Claim:
    """Add a request and claim it."""
    request_id = await platform.add_request(**columns)
    store = PostgresRequestStore(platform.engine, worker_id="worker-a")
    claimed = await store.claim(request_id, f"correlation-{request_id.hex[:8]}", 30.0)
    assert isinstance(claimed, Claimed)
    return claimed.claim


async def stored_charge(platform: Platform, charge_id: UUID) -> Row[Any]:
    """Return a charge's row."""
    (row,) = await platform.rows("SELECT * FROM request_costs WHERE id = :id", id=charge_id)
    return row
