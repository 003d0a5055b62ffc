"""A ledger in memory, without prices or budgets of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID, uuid4

from worker.lessons.claim import Claim
from worker.lessons.costs import BillableCall, Usage
from worker.lessons.stage import Stage


@dataclass(slots=True)
class Entry:
    """One charge."""

    claim: Claim
    stage: Stage
    call: BillableCall
    status: str = "intended"
    is_assumed: bool = False
    used: Usage = field(default_factory=Usage)


@dataclass(slots=True)
class MemoryLedger:
    """Implements `worker.ports.CostLedger`; it passes tests/contracts/test_cost_ledger.py.

    Attributes:
        refusal: Raised instead of the next reservations, as a full budget does.
    """

    entries: dict[UUID, Entry] = field(default_factory=dict)
    refusal: Exception | None = None

    async def reserve(self, claim: Claim, stage: Stage, call: BillableCall) -> UUID:
        """Note the intent."""
        if self.refusal is not None:
            raise self.refusal
        charge_id = uuid4()
        self.entries[charge_id] = Entry(claim, stage, call, used=call.estimate)
        return charge_id

    async def settle(self, charge_id: UUID, call: BillableCall, used: Usage) -> None:  # noqa: ARG002  # the port's
        """Note what was used."""
        entry = self.entries[charge_id]
        if entry.status == "intended" or entry.is_assumed:
            entry.status, entry.is_assumed, entry.used = "settled", False, used

    async def assume(self, charge_id: UUID) -> None:
        """Note that nobody knows."""
        entry = self.entries[charge_id]
        if entry.status == "intended":
            entry.status, entry.is_assumed = "settled", True

    async def void(self, charge_id: UUID) -> None:
        """Note that nothing was bought."""
        entry = self.entries[charge_id]
        if entry.status == "intended" or entry.is_assumed:
            entry.status, entry.is_assumed, entry.used = "void", False, Usage()
