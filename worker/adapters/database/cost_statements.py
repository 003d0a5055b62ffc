"""Statements of the ledger.

All of them lock in one order, so that no two wait for each other in a circle: the request's
row, its organisation's total of the day, everybody's total, and the charge. Counting the rows of
the step before makes PostgreSQL take the steps in this order.
"""

from __future__ import annotations

from sqlalchemy import text

from worker.adapters.database.statements import HELD_BY_CLAIM
from worker.lessons.costs import UNITS

_DAY = "CAST(now() AT TIME ZONE 'UTC' AS date)"
_COLUMNS, _VALUES = ", ".join(UNITS), ", ".join(f":{unit}" for unit in UNITS)


def _fits(scope: str) -> str:
    """Return the condition: what is spent is within the budget, or nothing limits it."""
    budget = f"CAST(:{scope}_budget AS bigint)"
    return f"({budget} IS NULL OR {scope} IS NULL OR {scope} <= {budget})"


RESERVE = text(
    f"""
/* reserve cost */ WITH request AS (
    SELECT id, organization_id, cost_micros + :micros AS spent
      FROM content_requests WHERE {HELD_BY_CLAIM} FOR NO KEY UPDATE
), own AS (
    SELECT micros + :micros AS spent FROM daily_costs
     WHERE day = {_DAY} AND payer = (SELECT organization_id FROM request) FOR NO KEY UPDATE
), everyone AS (
    SELECT micros + :micros AS spent FROM daily_costs
     WHERE day = {_DAY} AND payer = '' AND EXISTS (SELECT FROM request)
       AND (SELECT count(*) FROM own) >= 0 FOR NO KEY UPDATE
), spending AS (
    SELECT id, organization_id, request.spent AS request, own.spent AS organization,
           everyone.spent AS day,
           everyone.spent IS NOT NULL
               AND (organization_id IS NULL OR own.spent IS NOT NULL) AS is_open
      FROM request LEFT JOIN own ON true LEFT JOIN everyone ON true
), held AS (
    UPDATE content_requests SET cost_micros = cost_micros + :micros, updated_at = now()
      FROM spending
     WHERE content_requests.id = spending.id AND is_open
       AND {_fits("request")} AND {_fits("organization")} AND {_fits("day")}
    RETURNING content_requests.id, claim_fence, content_requests.organization_id
), totals AS (
    UPDATE daily_costs SET micros = micros + :micros FROM held
     WHERE day = {_DAY} AND payer IN (held.organization_id, '')
), intent AS (
    INSERT INTO request_costs (id, request_id, fence, stage, provider, operation, status,
                               {_COLUMNS}, price_micros, prices_dated)
    SELECT :charge_id, id, claim_fence, :stage, :provider, :operation, 'intended',
           {_VALUES}, :micros, :dated
      FROM held
    RETURNING id
)
SELECT request, organization, day, is_open, EXISTS (SELECT FROM intent) AS is_reserved,
       CAST(extract(epoch FROM {_DAY} + 1 - now() AT TIME ZONE 'UTC') AS double precision)
           AS seconds_left
  FROM spending
"""  # noqa: S608  # our own words
)
"""Lock the totals, look at the budgets, and only then add the call to all of them.

One statement, so that no client holds the lock on everybody's total: one that was stopped there
would hold up every worker. No row: the claim is lost. `is_open` is false where the day has no
total yet to lock; `OPEN_DAY` makes it.
"""

OPEN_DAY = text(
    f"""
/* open day */ INSERT INTO daily_costs (day, payer, micros)
SELECT {_DAY}, payer, 0
  FROM content_requests, LATERAL (VALUES (organization_id), ('')) AS payers (payer)
 WHERE id = :id AND payer IS NOT NULL
 ORDER BY payer DESC
    ON CONFLICT DO NOTHING
"""  # noqa: S608  # our own words
)


def _close(name: str, changes: str) -> str:
    """Return what gives a charge its last price, and corrects the totals by the difference."""
    return f"""
/* {name} */ WITH charge AS (
    SELECT id, request_id, price_micros, CAST(intended_at AT TIME ZONE 'UTC' AS date) AS day
      FROM request_costs WHERE id = :charge_id AND (status = 'intended' OR is_assumed)
), held AS (
    UPDATE content_requests SET cost_micros = cost_micros + :micros - charge.price_micros
      FROM charge WHERE content_requests.id = charge.request_id
    RETURNING organization_id, charge.id AS charge_id, charge.day,
              :micros - charge.price_micros AS difference
), own AS (
    UPDATE daily_costs SET micros = micros + difference
      FROM held WHERE daily_costs.day = held.day AND payer = organization_id RETURNING payer
), everyone AS (
    UPDATE daily_costs SET micros = micros + difference
      FROM held WHERE daily_costs.day = held.day AND payer = ''
       AND (SELECT count(*) FROM own) >= 0 RETURNING payer
)
UPDATE request_costs
   SET {changes}, price_micros = :micros, is_assumed = false, settled_at = clock_timestamp()
  FROM held WHERE request_costs.id = held.charge_id AND (SELECT count(*) FROM everyone) >= 0
"""  # noqa: S608  # our own words


SETTLE = text(
    _close(
        "settle cost",
        ", ".join(["status = 'settled'", *(f"{unit} = :{unit}" for unit in UNITS)]),
    )
)

VOID = text(_close("void cost", ", ".join(["status = 'void'", *(f"{unit} = 0" for unit in UNITS)])))

ASSUME = text(
    """
/* assume cost */ UPDATE request_costs
   SET status = 'settled', is_assumed = true, settled_at = clock_timestamp()
 WHERE id = :charge_id AND status = 'intended'
"""
)
