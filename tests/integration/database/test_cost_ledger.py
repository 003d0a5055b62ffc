"""The ledger on a real PostgreSQL: totals, budgets, and many workers at once."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from tests.ledgers import CALL, claim_of, postgres_ledger, stored_charge
from tests.platform import Platform
from worker.adapters.database.request_book import PostgresRequestBook
from worker.adapters.database.requests import PostgresRequestStore
from worker.lessons.claim import Claim
from worker.lessons.costs import BillableCall, Budgets, Usage
from worker.lessons.ending import Ending, Failure, OutgoingMessage
from worker.lessons.errors import (
    ClaimLostError,
    DayBudgetError,
    RequestBudgetError,
    UnpricedCallError,
)
from worker.lessons.stage import Stage, Status

Totals = tuple[int, int, int]


async def _totals(platform: Platform, claim: Claim) -> Totals:
    """Return what the request, its organisation and everybody have spent, in micros."""
    request = await platform.row(claim.request_id)
    days = await platform.rows("SELECT payer, micros FROM daily_costs")
    spent = {row.payer: row.micros for row in days}
    return request.cost_micros, spent.get(request.organization_id, 0), spent.get("", 0)


async def test_a_charge_says_who_is_paid_for_what_under_which_claim(platform: Platform) -> None:
    claim = await claim_of(platform)
    charge = await postgres_ledger(platform).reserve(claim, Stage.RENDER, CALL)
    row = await stored_charge(platform, charge)
    assert (row.request_id, row.fence, row.stage) == (claim.request_id, claim.fence, "render")
    assert (row.provider, row.operation, row.price_micros) == ("renderer", "segment", 2)
    assert row.settled_at is None


async def test_what_is_reserved_counts_at_once_and_what_is_not_used_is_free_again(
    platform: Platform,
) -> None:
    claim, ledger = await claim_of(platform), postgres_ledger(platform)
    first = await ledger.reserve(claim, Stage.RENDER, CALL)
    second = await ledger.reserve(claim, Stage.RENDER, CALL)
    assert await _totals(platform, claim) == (4, 4, 4)
    await ledger.settle(first, CALL, Usage(cpu_seconds=5.0))
    await ledger.void(second)
    assert await _totals(platform, claim) == (5, 5, 5)


async def test_a_request_without_an_organisation_counts_for_the_day(platform: Platform) -> None:
    claim = await claim_of(platform, organization_id=None)
    ledger = postgres_ledger(platform, Budgets(organization=1))
    await ledger.reserve(claim, Stage.RENDER, CALL)
    assert await _totals(platform, claim) == (2, 0, 2)


@pytest.mark.parametrize(
    ("budgets", "error"),
    [
        (Budgets(request=5), RequestBudgetError),
        (Budgets(organization=5), DayBudgetError),
        (Budgets(day=5), DayBudgetError),
        (Budgets(day=1), RequestBudgetError),
    ],
)
async def test_the_call_that_would_exceed_a_budget_is_not_reserved(
    platform: Platform, budgets: Budgets, error: type[Exception]
) -> None:
    claim, ledger = await claim_of(platform), postgres_ledger(platform, budgets)
    fitting = 0 if budgets.day == 1 else 2
    for _ in range(fitting):
        await ledger.reserve(claim, Stage.RENDER, CALL)
    with pytest.raises(error):
        await ledger.reserve(claim, Stage.RENDER, CALL)
    assert len(await platform.rows("SELECT 1 FROM request_costs")) == fitting
    assert await _totals(platform, claim) == (2 * fitting,) * 3


async def test_many_at_once_never_spend_more_than_the_day_has(platform: Platform) -> None:
    """Ten requests of two organisations reserve fifty calls; the day has room for seventeen."""
    await platform.rows(
        "INSERT INTO organizations (organization_id, name) VALUES ('school-2', 'Another')"
    )
    claims = [
        await claim_of(platform, organization_id=None if one % 2 else "school-2")
        for one in range(10)
    ]
    ledger = postgres_ledger(platform, Budgets(day=35))
    attempts = [ledger.reserve(claim, Stage.RENDER, CALL) for claim in claims for _ in range(5)]
    answers = await asyncio.gather(*attempts, return_exceptions=True)
    refused = [one for one in answers if isinstance(one, DayBudgetError)]
    assert (len(answers) - len(refused), len(refused)) == (17, 33)
    (day,) = await platform.rows("SELECT micros FROM daily_costs WHERE payer = ''")
    (charges,) = await platform.rows("SELECT sum(price_micros) AS micros FROM request_costs")
    (requests,) = await platform.rows("SELECT sum(cost_micros) AS micros FROM content_requests")
    assert (day.micros, charges.micros, requests.micros) == (34, 34, 34)


async def test_reserving_settling_and_ending_at_once_leaves_no_deadlock(
    platform: Platform,
) -> None:
    """What is reserved, settled and ended from all sides adds up in the end."""
    claims = [await claim_of(platform) for _ in range(4)]
    ledger = postgres_ledger(platform)
    store = PostgresRequestStore(platform.engine, worker_id="worker-a")
    charges = [await ledger.reserve(one, Stage.RENDER, CALL) for one in claims for _ in range(4)]
    used = Usage(cpu_seconds=1.0)
    await asyncio.gather(
        *(ledger.settle(one, CALL, used) for one in charges[::2]),
        *(ledger.void(one) for one in charges[1::2]),
        *(store.end(one, Ending(Status.OUT_OF_SCOPE), []) for one in claims),
    )
    (day,) = await platform.rows("SELECT micros FROM daily_costs WHERE payer = ''")
    assert day.micros == len(charges) / 2


async def test_a_stale_worker_reserves_nothing(platform: Platform) -> None:
    claim = await claim_of(platform)
    with pytest.raises(ClaimLostError):
        await postgres_ledger(platform).reserve(
            Claim(claim.request_id, claim.fence - 1), Stage.RENDER, CALL
        )
    assert await _totals(platform, claim) == (0, 0, 0)


async def test_a_call_without_a_price_is_not_reserved(platform: Platform) -> None:
    claim = await claim_of(platform)
    call = BillableCall("somebody", "something", Usage(characters=1))
    with pytest.raises(UnpricedCallError):
        await postgres_ledger(platform).reserve(claim, Stage.NARRATE, call)
    assert await _totals(platform, claim) == (0, 0, 0)


def _event() -> OutgoingMessage:
    return OutgoingMessage(uuid4(), "events", b"{}", ())


@pytest.mark.parametrize("end", ["answer", "failure", "cancel"])
async def test_the_end_of_a_request_settles_what_nobody_settled(
    platform: Platform, end: str
) -> None:
    """A worker that died in a call leaves an intent; whoever ends the request closes it."""
    claim, ledger = await claim_of(platform), postgres_ledger(platform)
    store = PostgresRequestStore(platform.engine, worker_id="worker-a")
    charge = await ledger.reserve(claim, Stage.RENDER, CALL)
    match end:
        case "answer":
            await store.end(claim, Ending(Status.OUT_OF_SCOPE), [_event()])
        case "failure":
            failure = Failure(Stage.RENDER, "LayoutError", "too long", "shorten it")
            await store.end(claim, Ending(Status.FAILED, failure=failure), [_event()])
        case "cancel":
            await PostgresRequestBook(platform.engine).cancel(
                claim.request_id, lambda _claim, _correlation: _event()
            )
    row = await stored_charge(platform, charge)
    assert (row.status, row.is_assumed, row.price_micros) == ("settled", True, 2)
    await ledger.settle(charge, CALL, Usage(cpu_seconds=1.0))
    assert await _totals(platform, claim) == (1, 1, 1)
