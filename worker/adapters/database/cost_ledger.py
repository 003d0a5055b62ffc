"""The ledger on PostgreSQL: intents reserved against budgets, settled after their calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from worker.adapters.database import cost_statements
from worker.adapters.database.engine import translated_errors
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
        self._engine = engine
        self._statements = Statements(engine)
        self._prices = prices
        self._budgets = budgets
        self._new_id = new_id
        self._today = today

    async def reserve(self, claim: Claim, stage: Stage, call: BillableCall) -> UUID:
        """Add the call to every total, and take it back where a budget has no room.

        The totals stay locked until the transaction ends: two workers never take the same room.
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
            **asdict(call.estimate),
        }
        with translated_errors():
            async with self._engine.begin() as connection:
                found = await connection.execute(cost_statements.RESERVE, values)
                row = found.one_or_none()
                if row is None:
                    raise ClaimLostError(
                        f"request {claim.request_id} is no longer held under fence {claim.fence}"
                    )
                spending = Spending(row.request, row.organization, row.day, row.seconds_left)
                error = budget_error(self._budgets, spending, micros)
                if error is not None:
                    raise error
        return charge_id

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
