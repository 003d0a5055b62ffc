"""What calls cost."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from worker.lessons.claim import Claim
from worker.lessons.costs import BillableCall, Usage
from worker.lessons.stage import Stage


class CostLedger(Protocol):
    """What every billable call costs. Every method is one short transaction.

    Every method may raise DependencyUnavailableError. A charge that is reserved and never heard
    of again is settled by its estimate when its request ends: a worker may die at any point.
    Whoever makes a billable call uses `worker.charges.charged`, not the ledger itself.
    """

    async def reserve(self, claim: Claim, stage: Stage, call: BillableCall) -> UUID:
        """Write down that a call is about to be made, if every budget has room for it.

        What is reserved counts against the budgets at once, for every worker.

        Returns:
            The id of the charge.

        Raises:
            RequestBudgetError: The call does not fit, today or ever; nothing is reserved.
            DayBudgetError: It does not fit today; nothing is reserved.
            UnpricedCallError: The price table has no price for it.
            ClaimLostError: Somebody else owns the request now.
        """
        ...

    async def settle(self, charge_id: UUID, call: BillableCall, used: Usage) -> None:
        """Write down what a call has used; what was reserved beyond it is free again.

        It asks for no claim: what was bought was bought. A second time changes nothing.

        Raises:
            UnpricedCallError: Something was used that has no price; the estimate stays.
        """
        ...

    async def assume(self, charge_id: UUID) -> None:
        """Settle a call by its estimate: nobody knows what it used, or whether it was made."""
        ...

    async def void(self, charge_id: UUID) -> None:
        """Write down that a call bought nothing, and free what was reserved for it."""
        ...
