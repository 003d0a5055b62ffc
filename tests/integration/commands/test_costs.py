"""`costs`: what was spent, added up as an operator asks."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.ledgers import CALL, claim_of, postgres_ledger
from tests.platform import Platform
from worker.adapters.price_file import BUNDLED, load_prices
from worker.cli import parse
from worker.lessons.costs import Usage
from worker.lessons.stage import Stage


@pytest.fixture
async def spent(platform: Platform) -> Platform:
    """Two requests on one topic: one call settled, one left open, one void, one long ago."""
    ledger = postgres_ledger(platform)
    first = await claim_of(platform, topic="Forces")
    second = await claim_of(platform, topic="Forces", organization_id=None)
    settled = await ledger.reserve(first, Stage.RENDER, CALL)
    await ledger.settle(settled, CALL, Usage(cpu_seconds=1.0))
    await ledger.reserve(second, Stage.RENDER, CALL)
    await ledger.void(await ledger.reserve(second, Stage.RENDER, CALL))
    old = await ledger.reserve(second, Stage.RENDER, CALL)
    await platform.rows(
        "UPDATE request_costs SET intended_at = now() - interval '8 days' WHERE id = :id", id=old
    )
    return platform


async def told(platform: Platform, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert await parse(["costs", *arguments], platform.environ) == 0
    return await asyncio.to_thread(lambda: capsys.readouterr().out)


@pytest.mark.parametrize(
    ("by", "lines"),
    [
        ("provider", [("renderer", 2, 2, 3.0)]),
        ("topic", [("Forces", 2, 2, 3.0)]),
        ("organization", [(None, 1, 1, 2.0), ("school-1", 1, 1, 1.0)]),
    ],
)
async def test_costs_are_added_up_by_what_was_asked_for(
    spent: Platform, capsys: pytest.CaptureFixture[str], by: str, lines: list[tuple[Any, ...]]
) -> None:
    found = json.loads(await told(spent, capsys, "--by", by, "--json"))
    assert [
        (one["name"], one["requests"], one["calls"], one["cpu_seconds"]) for one in found["lines"]
    ] == lines
    assert (found["currency"], found["total"]) == ("USD", 3e-06)
    assert sum(one["estimated"] for one in found["lines"]) == 2e-06


async def test_an_older_time_is_asked_for_by_its_age(
    spent: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    (line,) = json.loads(await told(spent, capsys, "--since", "9d", "--json"))["lines"]
    assert line["calls"] == 3


async def test_a_person_gets_a_table_that_says_how_old_its_prices_are(
    spent: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    table = await told(spent, capsys)
    assert "renderer" in table
    assert f"total 0.000003 USD, at prices of {load_prices(BUNDLED).dated}: check them" in table
