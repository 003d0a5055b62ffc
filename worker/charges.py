"""Who pays for the calls that are made: it follows a request through its stages.

Like a trace, the account is part of the context that asyncio hands on from task to task. As an
argument it would stand in every signature between a stage and a provider, guards and fakes
included. An adapter opens a charge around each call that its provider sees, each retry and each
repair round::

    async with charged(BillableCall("gemini", model, estimate)) as charge:
        answer = await client.generate(...)
        charge.settle(Usage(tokens_in=..., tokens_out=...))
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

import structlog

from worker.call_spans import call_span
from worker.lessons.claim import Claim
from worker.lessons.costs import BillableCall, Charge, Usage
from worker.lessons.errors import WorkerError
from worker.lessons.stage import Stage
from worker.ports import CostLedger


@dataclass(frozen=True, slots=True)
class Account:
    """What the calls of one claimed request are charged to, in one of its stages.

    Attributes:
        on_spent: Hears what each call has used; its estimate where nobody knows.
    """

    ledger: CostLedger
    claim: Claim
    stage: Stage
    on_spent: Callable[[BillableCall, Usage], None] = lambda _, __: None


_ACCOUNT: ContextVar[Account | None] = ContextVar("account", default=None)


@contextmanager
def charged_to(account: Account) -> Iterator[None]:
    """Charge the calls within the block, and of the tasks begun in it, to an account."""
    token = _ACCOUNT.set(account)
    try:
        yield
    finally:
        _ACCOUNT.reset(token)


@asynccontextmanager
async def charged(call: BillableCall) -> AsyncIterator[Charge]:
    """Reserve a call's estimate, and settle the call when the block is left.

    A block that ends without a word has used the estimate. An error that leaves it passes
    through; `Charge.failed_with` says what is settled then. Where the settlement cannot be
    written, or the block is cancelled, the estimate stays: the end of the request settles it.

    A call that belongs to no request, as the preflight's own, is charged to nobody.

    Raises:
        RequestBudgetError: A budget has no room, today or ever; the block is not entered.
        DayBudgetError: It has none today; the block is not entered.
        UnpricedCallError: The price table has no price for the call; the block is not entered.
        ClaimLostError: Somebody else owns the request now; the block is not entered.
        DependencyUnavailableError: The ledger did not answer; the block is not entered.
    """
    charge, account = Charge(call), _ACCOUNT.get()
    if account is None:
        with call_span(charge):
            yield charge
        return
    charge_id = await account.ledger.reserve(account.claim, account.stage, call)
    try:
        with call_span(charge):
            yield charge
    except asyncio.CancelledError:
        account.on_spent(call, call.estimate)
        raise
    except BaseException as error:
        charge.failed_with(error)
        await _close(account, charge_id, charge, is_answered=False)
        raise
    await _close(account, charge_id, charge, is_answered=True)


async def _close(account: Account, charge_id: UUID, charge: Charge, *, is_answered: bool) -> None:
    """Write down what a call has bought; what cannot be written is left to the request's end."""
    ledger = account.ledger
    try:
        if charge.is_void:
            await ledger.void(charge_id)
            return
        account.on_spent(charge.call, charge.used or charge.call.estimate)
        if charge.used is None and not is_answered:
            await ledger.assume(charge_id)
        else:
            await ledger.settle(charge_id, charge.call, charge.used or charge.call.estimate)
    except WorkerError as error:
        structlog.get_logger().warning(
            "charge_not_settled", provider=charge.call.provider, reason=error.message
        )
