"""What becomes of requests that there is no money for."""

from __future__ import annotations

import pytest

from tests.acceptance.conftest import run_worker
from tests.platform import Platform

pytestmark = pytest.mark.acceptance


async def test_a_request_that_costs_more_than_it_may_fails_before_the_call(
    platform: Platform,
) -> None:
    request_id = await platform.add_request()
    await platform.publish(platform.message(request_id))
    budget = {"WORKER_BUDGET_REQUEST": "0.000001", "WORKER_IDLE_SECONDS": "2"}
    finished = await run_worker(environ=platform.environ | budget)
    assert finished.exit_code == 0, finished.err
    row = await platform.row(request_id)
    assert (row.status, row.error_class) == ("failed", "RequestBudgetError")
    assert "raise WORKER_BUDGET_REQUEST" in row.error_hint
    assert await platform.rows("SELECT 1 FROM request_costs") == []
    assert len(await platform.rows("SELECT 1 FROM dead_letters")) == 1


async def test_a_request_waits_for_the_day_that_has_money_and_nothing_is_counted(
    platform: Platform,
) -> None:
    request_id = await platform.add_request()
    await platform.publish(platform.message(request_id))
    await platform.rows(
        "INSERT INTO daily_costs (day, payer, micros) "
        "VALUES (CAST(now() AT TIME ZONE 'UTC' AS date), 'school-1', 1000000)"
    )
    budget = {"WORKER_BUDGET_ORGANIZATION": "1", "WORKER_IDLE_SECONDS": "2"}
    finished = await run_worker(environ=platform.environ | budget)
    assert finished.exit_code == 0, finished.err
    row = await platform.row(request_id)
    assert (row.status, row.failed_attempts, row.cost_micros) == ("pending", 0, 0)
    (waiting,) = await platform.rows(
        "SELECT extract(epoch FROM available_at - now()) AS seconds FROM outbox"
    )
    assert 0 < waiting.seconds <= 600
    (day,) = await platform.rows("SELECT micros FROM daily_costs WHERE payer = 'school-1'")
    assert day.micros == 1_000_000, "what was not reserved does not count"
