"""The ledger on PostgreSQL: intents reserved against budgets, settled after their calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from worker.adapters.database import cost_statements
from worker.adapters.database.statements import Statements
from worker.lessons.claim import Claim
from worker.lessons.costs import (
    BillableCall,
    Budgets,
    PriceTable,
    Spending,
    Usage,
    budget_error,
)
from worker.lessons.errors import ClaimLostError
from worker.lessons.stage import Stage


class PostgresCostLedger:
    """Implements `worker.ports.CostLedger`."""

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        prices: PriceTable,
        budgets: Budgets,
        new_id: Callable[[], UUID],
        today: Callable[[], date],
    ) -> None:
        self._statements = Statements(engine)
        self._prices = prices
        self._budgets = budgets
        self._new_id = new_id
        self._today = today

    async def reserve(self, claim: Claim, stage: Stage, call: BillableCall) -> UUID:
        """Add the call to every total, if every budget has room for it.

        Two workers never take the same room, and none holds a lock while it is silent.
        """
        micros = self._prices.micros(call, call.estimate, self._today())
        charge_id = self._new_id()
        values = {
            "id": claim.request_id,
            "fence": claim.fence,
            "charge_id": charge_id,
            "stage": stage.value,
            "provider": call.provider,
            "operation": call.operation,
            "micros": micros,
            "dated": self._prices.dated,
            "request_budget": self._budgets.request,
            "organization_budget": self._budgets.organization,
            "day_budget": self._budgets.day,
            **asdict(call.estimate),
        }
        row = await self._reserve(claim, values)
        if row.is_reserved:
            return charge_id
        spending = Spending(row.request, row.organization, row.day, row.seconds_left)
        error = budget_error(self._budgets, spending, micros)
        raise error or AssertionError("PostgreSQL refused what every budget has room for")

    async def _reserve(self, claim: Claim, values: Mapping[str, object]) -> Row[Any]:
        """Reserve on an open day: its first charge opens it, and a new day may begin meanwhile."""
        while True:
            rows = await self._statements.run(cost_statements.RESERVE, **values)
            if not rows:
                raise ClaimLostError(
                    f"request {claim.request_id} is no longer held under fence {claim.fence}"
                )
            if rows[0].is_open:
                return rows[0]
            await self._statements.run(cost_statements.OPEN_DAY, id=claim.request_id)

    async def settle(self, charge_id: UUID, call: BillableCall, used: Usage) -> None:
        """Replace the estimate by what was used, in the charge and in the totals."""
        micros = self._prices.micros(call, used, self._today())
        await self._statements.run(
            cost_statements.SETTLE, charge_id=charge_id, micros=micros, **asdict(used)
        )

    async def assume(self, charge_id: UUID) -> None:
        """Let the estimate stand."""
        await self._statements.run(cost_statements.ASSUME, charge_id=charge_id)

    async def void(self, charge_id: UUID) -> None:
        """Take the estimate back."""
        await self._statements.run(cost_statements.VOID, charge_id=charge_id, micros=0)
