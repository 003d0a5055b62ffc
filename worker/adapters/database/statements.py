"""Statements that are a transaction of their own: one round trip, nothing held open.

Every write of a claimed request locks its row, checks the fence and writes in one statement:
the UPDATE in `held` waits for whoever holds the row and then looks at the fence again (READ
COMMITTED), and everything after it is fed from the row that it returned, or from nothing. What
writes several rows locks them first, in the order of their ids, as everybody does: two such
statements wait for each other in a row, never in a circle. A comment names each statement in
`pg_stat_activity`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from worker.adapters.database.engine import translated_errors
from worker.lessons.stage import ENDED, Stage


class Statements:
    """Runs single statements; each commits by itself."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")

    async def run(self, statement: TextClause, **values: object) -> Sequence[Row[Any]]:
        """Run one statement and return its rows.

        Raises:
            DependencyUnavailableError: PostgreSQL did not answer.
            RefusedError: It refused the connection.
        """
        with translated_errors():
            async with self._engine.connect() as connection:
                result = await connection.execute(statement, values)
                return result.all() if result.returns_rows else []


_NOT_ENDED = f"status NOT IN ({', '.join(repr(status.value) for status in sorted(ENDED))})"
HELD_BY_CLAIM = f"id = :id AND claim_fence = :fence AND {_NOT_ENDED}"
"""The condition on a row of content_requests: it is the claim's, and lives."""


def _held(changes: str) -> str:
    """Return the part that locks the row, checks the fence, and changes the row."""
    return (
        f"held AS (UPDATE content_requests SET {changes}, updated_at = now() "  # noqa: S608  # our own words
        f"WHERE {HELD_BY_CLAIM} RETURNING id, claim_fence)"
    )


def _noted(kind: str, stage: str = "NULL") -> str:
    """Return the part that adds a row to the request's history."""
    return (
        "noted AS (INSERT INTO request_events (request_id, kind, stage, fence, details) "  # noqa: S608  # our own words
        f"SELECT id, {kind}, {stage}, claim_fence, '{{}}'::jsonb FROM held)"
    )


CLAIM = text(
    f"""
/* claim */ WITH held AS (
    UPDATE content_requests
       SET claimed_by = :worker_id, claim_fence = claim_fence + 1,
           claim_expires_at = now() + make_interval(secs => :lease_seconds),
           claims_without_progress = claims_without_progress + 1,
           started_at = coalesce(started_at, now()), updated_at = now()
     WHERE id = :id AND correlation_id = :correlation_id AND {_NOT_ENDED}
       AND (claim_expires_at IS NULL OR claim_expires_at < now())
    RETURNING *
), {_noted("'claimed'")}
SELECT *, CAST(extract(epoch FROM now() - started_at) AS double precision) AS age_seconds FROM held
"""  # noqa: S608  # our own words
)

RENEW = text(
    f"""
/* renew claims */ WITH ours AS (
    SELECT id, claim_fence, claimed_by, status
      FROM content_requests
      JOIN unnest(CAST(:ids AS uuid[]), CAST(:fences AS bigint[])) AS claim (request_id, fence)
        ON id = claim.request_id AND claim_fence = claim.fence
     ORDER BY id FOR UPDATE OF content_requests
), renewed AS (
    UPDATE content_requests
       SET claim_expires_at = now() + make_interval(secs => :lease_seconds), updated_at = now()
      FROM ours
     WHERE content_requests.id = ours.id AND ours.claimed_by = :worker_id
       AND ours.{_NOT_ENDED}
)
SELECT id, claim_fence FROM ours WHERE claimed_by = :worker_id OR NOT ({_NOT_ENDED})
"""  # noqa: S608  # our own words
)

_REUSABLE = "EXISTS (SELECT FROM known)"

BEGIN_STAGE = text(
    f"""
/* begin stage */ WITH {
        _held(
            "status = :status, current_stage = :stage, "
            "progress_percentage = greatest(progress_percentage, :progress)"
        )
    }, known AS (
    SELECT checkpoint FROM request_stages JOIN held ON request_id = held.id
     WHERE stage = :stage AND input_digest = :input_digest
       AND request_stages.status IN ('done', 'reused') AND checkpoint IS NOT NULL
), entered AS (
    INSERT INTO request_stages AS entry (request_id, stage, status, fence, started_at,
                                         finished_at, input_digest, checkpoint)
    SELECT id, :stage, CASE WHEN {_REUSABLE} THEN 'reused' ELSE 'running' END, claim_fence,
           clock_timestamp(), CASE WHEN {_REUSABLE} THEN clock_timestamp() END, :input_digest,
           (SELECT checkpoint FROM known)
      FROM held
    ON CONFLICT (request_id, stage) DO UPDATE
       SET status = excluded.status, fence = excluded.fence, started_at = excluded.started_at,
           finished_at = excluded.finished_at, input_digest = excluded.input_digest,
           checkpoint = excluded.checkpoint, error_class = NULL, error_message = NULL
), {_noted(f"CASE WHEN {_REUSABLE} THEN 'stage_reused' ELSE 'stage_began' END", ":stage")}
SELECT (SELECT checkpoint::text FROM known) AS checkpoint FROM held
"""  # noqa: S608  # our own words
)

FINISH_STAGE = text(
    f"""
/* finish stage */ WITH {
        _held(
            "claims_without_progress = CASE WHEN CAST(:checkpoint AS jsonb) IS NULL "
            "THEN claims_without_progress ELSE 0 END"
        )
    }, done AS (
    UPDATE request_stages
       SET status = 'done', finished_at = clock_timestamp(),
           checkpoint = coalesce(CAST(:checkpoint AS jsonb), checkpoint)
      FROM held WHERE request_id = held.id AND stage = :stage
), {_noted("'stage_done'", ":stage")}
SELECT id FROM held
"""  # noqa: S608  # our own words
)

REPORT_PROGRESS = text(
    f"/* report progress */ WITH "  # noqa: S608  # our own words
    f"{_held('progress_percentage = greatest(progress_percentage, :percentage)')} "
    "SELECT id FROM held"
)

COUNT_CLAIMS_ANEW = text(
    f"/* count claims anew */ WITH {_held('claims_without_progress = 0')} SELECT id FROM held"  # noqa: S608  # our own words
)

NAME_TOPIC = text(
    f"/* name topic */ WITH {_held('topic = :topic, learning_objective = :objective')} "  # noqa: S608  # our own words
    "SELECT id FROM held"
)

END = text(
    f"""
/* end */ WITH {
        _held(
            "status = :status, completed_at = now(), claimed_by = NULL, claim_expires_at = NULL, "
            "progress_percentage = 100, clarifying_questions = CAST(:questions AS jsonb), "
            "help_text = CAST(:help_text AS text), "
            "error_stage = NULL, error_class = NULL, error_message = NULL, error_hint = NULL, "
            "manifest_object = coalesce(:manifest_object, manifest_object), "
            "objects = coalesce(CAST(:objects AS jsonb), objects), "
            "lesson_duration_seconds = "
            "coalesce(CAST(:duration_seconds AS double precision), lesson_duration_seconds)"
        )
    }, done AS (
    UPDATE request_stages SET status = 'done', finished_at = clock_timestamp()
      FROM held WHERE request_id = held.id AND stage = '{Stage.ANNOUNCE.value}'
), assumed AS (
    UPDATE request_costs SET status = 'settled', is_assumed = true, settled_at = clock_timestamp()
      FROM held WHERE request_id = held.id AND request_costs.status = 'intended'
), {_noted("CAST(:status AS varchar)")}, posted AS (
    INSERT INTO outbox (id, request_id, topic, payload, attributes, available_at)
    SELECT message.event_id, held.id, message.topic, message.payload, message.attributes::jsonb,
           now() + make_interval(secs => message.after_seconds)
      FROM held, unnest(CAST(:event_ids AS uuid[]), CAST(:topics AS text[]),
                        CAST(:payloads AS bytea[]), CAST(:attributes AS text[]),
                        CAST(:after_seconds AS double precision[]))
                 AS message (event_id, topic, payload, attributes, after_seconds)
)
SELECT id FROM held
"""  # noqa: S608  # our own words
)

LEASE_OUTBOX = text(
    """
/* lease outbox */ UPDATE outbox
   SET leased_by = :worker_id, attempts = attempts + 1,
       available_at = now() + make_interval(secs => :lease_seconds)
 WHERE id IN (
     SELECT id FROM outbox WHERE published_at IS NULL AND available_at <= now()
      ORDER BY available_at LIMIT :limit FOR UPDATE SKIP LOCKED
 )
RETURNING id, topic, payload, attributes, attempts
"""
)

MARK_PUBLISHED = text(
    """
/* mark outbox */ WITH waiting AS (
    SELECT outbox.id, taken.message_id
      FROM outbox
      JOIN unnest(CAST(:ids AS uuid[]), CAST(:message_ids AS text[])) AS taken (id, message_id)
        ON outbox.id = taken.id
     WHERE published_at IS NULL ORDER BY outbox.id FOR UPDATE OF outbox
)
UPDATE outbox
   SET published_at = now(), message_id = waiting.message_id, leased_by = NULL
  FROM waiting WHERE outbox.id = waiting.id
"""
)
