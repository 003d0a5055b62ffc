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

RESERVE = text(
    f"""
/* reserve cost */ WITH held AS (
    UPDATE content_requests SET cost_micros = cost_micros + :micros, updated_at = now()
     WHERE {HELD_BY_CLAIM} RETURNING id, claim_fence, organization_id, cost_micros
), own AS (
    INSERT INTO daily_costs AS total (day, payer, micros)
    SELECT {_DAY}, organization_id, :micros FROM held WHERE organization_id IS NOT NULL
        ON CONFLICT (day, payer) DO UPDATE SET micros = total.micros + excluded.micros
    RETURNING micros
), everyone AS (
    INSERT INTO daily_costs AS total (day, payer, micros)
    SELECT {_DAY}, '', :micros FROM held WHERE (SELECT count(*) FROM own) >= 0
        ON CONFLICT (day, payer) DO UPDATE SET micros = total.micros + excluded.micros
    RETURNING micros
), intent AS (
    INSERT INTO request_costs (id, request_id, fence, stage, provider, operation, status,
                               {_COLUMNS}, price_micros, prices_dated)
    SELECT :charge_id, id, claim_fence, :stage, :provider, :operation, 'intended',
           {_VALUES}, :micros, :dated
      FROM held
)
SELECT cost_micros AS request, (SELECT micros FROM own) AS organization,
       (SELECT micros FROM everyone) AS day,
       CAST(extract(epoch FROM {_DAY} + 1 - now() AT TIME ZONE 'UTC') AS double precision)
           AS seconds_left
  FROM held
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
