"""Reads what was spent, for the command line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from worker.adapters.database.engine import translated_errors
from worker.adapters.database.models import ContentRequest, RequestCost
from worker.lessons.cost_report import CostGroup, CostLine
from worker.lessons.costs import UNITS, Usage

_NAMES = {
    CostGroup.ORGANIZATION: ContentRequest.organization_id,
    CostGroup.TOPIC: ContentRequest.topic,
    CostGroup.PROVIDER: RequestCost.provider,
}


async def report_costs(
    engine: AsyncEngine, since: timedelta, group: CostGroup
) -> Sequence[CostLine]:
    """Add up the calls of a time, the dearest group first; void ones cost nothing.

    What was erased, or removed after its retention, is not in it.

    Raises:
        DependencyUnavailableError: PostgreSQL did not answer.
        RefusedError: It refused the connection.
    """
    name, price = _NAMES[group], RequestCost.price_micros
    is_known = and_(RequestCost.status == "settled", RequestCost.is_assumed.is_(False))
    total = func.sum(price)
    query = (
        select(
            name.label("name"),
            func.count(RequestCost.request_id.distinct()).label("requests"),
            func.count().label("calls"),
            total.label("micros"),
            func.sum(case((is_known, 0), else_=price)).label("assumed"),
            *(func.sum(getattr(RequestCost, unit)).label(unit) for unit in UNITS),
        )
        .join(ContentRequest, ContentRequest.id == RequestCost.request_id)
        .where(RequestCost.status != "void", RequestCost.intended_at >= func.now() - since)
        .group_by(name)
        .order_by(total.desc(), name)
    )
    with translated_errors():
        async with engine.connect() as connection:
            rows = (await connection.execute(query)).all()
    return [_line(row) for row in rows]


def _line(row: Row[Any]) -> CostLine:
    return CostLine(
        name=row.name,
        requests=row.requests,
        calls=row.calls,
        used=Usage(
            tokens_in=int(row.tokens_in),
            tokens_out=int(row.tokens_out),
            characters=int(row.characters),
            cpu_seconds=float(row.cpu_seconds),
            bytes_stored=int(row.bytes_stored),
            bytes_served=int(row.bytes_served),
        ),
        micros=int(row.micros),
        assumed_micros=int(row.assumed),
    )
