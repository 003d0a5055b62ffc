"""Every table of the worker, on one shared Base.

`organizations` and `users` belong to the platform; the worker's migrations create them only
where they are absent. Ids of one kind have one type everywhere: users and organisations are
varchar(100), requests are UUIDs.
"""

from __future__ import annotations

import uuid
from datetime import date
from typing import Annotated, Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    String,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.orm import Mapped, mapped_column, relationship

from worker.adapters.database.base import (
    Base,
    Created,
    Moment,
    NewId,
    PlatformId,
    Quantity,
)
from worker.adapters.database.source_models import SourceDocument, SourcePassage
from worker.lessons.costs import UNITS
from worker.lessons.stage import Stage, Status

__all__ = [
    "Base",
    "ContentRequest",
    "DailyCost",
    "DeadLetter",
    "ErasedRequest",
    "Organization",
    "OutboxMessage",
    "RequestCost",
    "RequestEvent",
    "RequestStage",
    "SourceDocument",
    "SourcePassage",
    "User",
]


def _one_of(column: str, values: type[Stage | Status] | tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


class Organization(Base):
    """A school or district; the platform's table."""

    __tablename__ = "organizations"

    organization_id: Mapped[PlatformId] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[Created]
    updated_at: Mapped[Created]

    users: Mapped[list[User]] = relationship(back_populates="organization")
    content_requests: Mapped[list[ContentRequest]] = relationship(back_populates="organization")


class User(Base):
    """A student or teacher; the platform's table."""

    __tablename__ = "users"

    user_id: Mapped[PlatformId] = mapped_column(primary_key=True)
    organization_id: Mapped[PlatformId | None] = mapped_column(
        ForeignKey("organizations.organization_id"), index=True
    )
    created_at: Mapped[Created]
    updated_at: Mapped[Created]

    organization: Mapped[Organization | None] = relationship(back_populates="users")
    content_requests: Mapped[list[ContentRequest]] = relationship(back_populates="student")


class ContentRequest(Base):
    """One request for a lesson; its status and progress are true all the way."""

    __tablename__ = "content_requests"
    __table_args__ = (
        CheckConstraint(_one_of("status", Status), name="status_known"),
        CheckConstraint(
            f"current_stage IS NULL OR {_one_of('current_stage', Stage)}", name="stage_known"
        ),
        CheckConstraint("progress_percentage BETWEEN 0 AND 100", name="progress_range"),
        CheckConstraint("grade_level BETWEEN 1 AND 12", name="grade_range"),
        CheckConstraint("char_length(query) BETWEEN 3 AND 500", name="query_length"),
        CheckConstraint("requested_duration_seconds BETWEEN 45 AND 345", name="duration_range"),
        CheckConstraint(
            "cardinality(requested_modalities) > 0 AND "
            "requested_modalities <@ ARRAY['video', 'audio', 'text']::character varying[]",
            name="modalities_known",
        ),
        CheckConstraint("claims_without_progress >= 0", name="claims_positive"),
        CheckConstraint("republications >= 0", name="republications_positive"),
        CheckConstraint("cost_micros >= 0", name="cost_positive"),
        Index("ix_content_requests_status_created_at", "status", "created_at"),
    )

    id: Mapped[NewId]
    correlation_id: Mapped[str] = mapped_column(String(64), unique=True)
    student_id: Mapped[PlatformId] = mapped_column(ForeignKey("users.user_id"), index=True)
    organization_id: Mapped[PlatformId | None] = mapped_column(
        ForeignKey("organizations.organization_id"), index=True
    )
    query: Mapped[str] = mapped_column(Text)
    topic: Mapped[str | None] = mapped_column(String(200))
    learning_objective: Mapped[str | None] = mapped_column(Text)
    grade_level: Mapped[int]
    interest: Mapped[str | None] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(16), server_default="en")
    requested_duration_seconds: Mapped[int | None]
    requested_modalities: Mapped[list[str]] = mapped_column(
        ARRAY(String(16)), server_default=text("'{video}'::character varying[]")
    )

    status: Mapped[str] = mapped_column(String(32), server_default=Status.PENDING.value)
    current_stage: Mapped[str | None] = mapped_column(String(32))
    progress_percentage: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[Created]
    updated_at: Mapped[Created] = mapped_column(onupdate=func.now())
    started_at: Mapped[Moment | None]
    completed_at: Mapped[Moment | None]

    manifest_object: Mapped[str | None] = mapped_column(String(500))
    objects: Mapped[dict[str, Any] | None]
    lesson_duration_seconds: Mapped[float | None]
    error_class: Mapped[str | None] = mapped_column(String(100))
    error_stage: Mapped[str | None] = mapped_column(String(32))
    error_message: Mapped[str | None] = mapped_column(Text)
    error_hint: Mapped[str | None] = mapped_column(Text)
    clarifying_questions: Mapped[list[Any] | None]
    help_text: Mapped[str | None] = mapped_column(Text)
    request_metadata: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))

    claimed_by: Mapped[str | None] = mapped_column(String(200))
    claim_fence: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    claim_expires_at: Mapped[Moment | None]
    claims_without_progress: Mapped[int] = mapped_column(server_default=text("0"))
    failed_attempts: Mapped[int] = mapped_column(server_default=text("0"))
    last_published_at: Mapped[Moment | None]
    republications: Mapped[int] = mapped_column(server_default=text("0"))
    cost_micros: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))

    student: Mapped[User] = relationship(back_populates="content_requests")
    organization: Mapped[Organization | None] = relationship(back_populates="content_requests")
    stages: Mapped[list[RequestStage]] = relationship(
        back_populates="request", cascade="all, delete-orphan", passive_deletes=True
    )
    events: Mapped[list[RequestEvent]] = relationship(
        back_populates="request", cascade="all, delete-orphan", passive_deletes=True
    )
    costs: Mapped[list[RequestCost]] = relationship(
        back_populates="request", cascade="all, delete-orphan", passive_deletes=True
    )
    outbox_messages: Mapped[list[OutboxMessage]] = relationship(
        back_populates="request", cascade="all, delete-orphan", passive_deletes=True
    )


RequestId = Annotated[
    uuid.UUID,
    mapped_column(UUID(as_uuid=True), ForeignKey("content_requests.id", ondelete="CASCADE")),
]


class RequestStage(Base):
    """The latest run of one stage of one request, with its checkpoint."""

    __tablename__ = "request_stages"
    __table_args__ = (
        CheckConstraint(_one_of("stage", Stage), name="stage_known"),
        CheckConstraint(
            _one_of("status", ("running", "done", "reused", "failed")), name="status_known"
        ),
    )

    request_id: Mapped[RequestId] = mapped_column(primary_key=True)
    stage: Mapped[str] = mapped_column(String(32), primary_key=True)
    status: Mapped[str] = mapped_column(String(16))
    fence: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[Moment]
    finished_at: Mapped[Moment | None]
    input_digest: Mapped[str] = mapped_column(String(64))
    checkpoint: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    error_class: Mapped[str | None] = mapped_column(String(100))
    error_message: Mapped[str | None] = mapped_column(Text)

    request: Mapped[ContentRequest] = relationship(back_populates="stages")


class RequestEvent(Base):
    """One thing that happened to a request; rows are only ever added."""

    __tablename__ = "request_events"
    __table_args__ = (
        Index("ix_request_events_request_id_id", "request_id", "id"),
        Index("ix_request_events_occurred_at", "occurred_at", postgresql_using="brin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    request_id: Mapped[RequestId]
    occurred_at: Mapped[Created]
    kind: Mapped[str] = mapped_column(String(40))
    stage: Mapped[str | None] = mapped_column(String(32))
    fence: Mapped[int] = mapped_column(BigInteger)
    details: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))

    request: Mapped[ContentRequest] = relationship(back_populates="events")


class RequestCost(Base):
    """One billable call: an intent before it, settled after it.

    `price_micros` is what its estimate costs until it is settled, then what it used; 0 when it
    is void. `is_assumed` marks what was settled by its estimate: nobody knows what it used.
    """

    __tablename__ = "request_costs"
    __table_args__ = (
        CheckConstraint(_one_of("status", ("intended", "settled", "void")), name="status_known"),
        CheckConstraint(
            " AND ".join(f"{unit} >= 0" for unit in (*UNITS, "price_micros")),
            name="quantities_positive",
        ),
        Index("ix_request_costs_intended_at", "intended_at", postgresql_using="brin"),
    )

    id: Mapped[NewId]
    request_id: Mapped[RequestId] = mapped_column(index=True)
    fence: Mapped[int] = mapped_column(BigInteger)
    stage: Mapped[str] = mapped_column(String(32))
    provider: Mapped[str] = mapped_column(String(40))
    operation: Mapped[str] = mapped_column(String(80))
    status: Mapped[str] = mapped_column(String(16))
    is_assumed: Mapped[bool] = mapped_column(server_default=text("false"))
    tokens_in: Mapped[Quantity]
    tokens_out: Mapped[Quantity]
    characters: Mapped[Quantity]
    cpu_seconds: Mapped[float] = mapped_column(server_default=text("0"))
    bytes_stored: Mapped[Quantity]
    bytes_served: Mapped[Quantity]
    price_micros: Mapped[int] = mapped_column(BigInteger)
    prices_dated: Mapped[date]
    intended_at: Mapped[Created]
    settled_at: Mapped[Moment | None]

    request: Mapped[ContentRequest] = relationship(back_populates="costs")


class DailyCost(Base):
    """What one payer's calls of one day (UTC) cost, reserved and settled.

    The payer is an organisation's id, or empty for the calls of all requests together.
    """

    __tablename__ = "daily_costs"
    __table_args__ = (CheckConstraint("micros >= 0", name="micros_positive"),)

    day: Mapped[date] = mapped_column(primary_key=True)
    payer: Mapped[PlatformId] = mapped_column(primary_key=True)
    micros: Mapped[int] = mapped_column(BigInteger)


class OutboxMessage(Base):
    """A message that must leave at least once; its id is the stable event id."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_unpublished",
            "available_at",
            postgresql_where=text("published_at IS NULL"),
        ),
        Index(
            "ix_outbox_published",
            "published_at",
            postgresql_where=text("published_at IS NOT NULL"),
        ),
    )

    id: Mapped[NewId]
    request_id: Mapped[uuid.UUID | None] = mapped_column(
        UUID(as_uuid=True), ForeignKey("content_requests.id", ondelete="CASCADE"), index=True
    )
    topic: Mapped[str] = mapped_column(String(255))
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    attributes: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    created_at: Mapped[Created]
    available_at: Mapped[Created]
    leased_by: Mapped[str | None] = mapped_column(String(200))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    published_at: Mapped[Moment | None]
    message_id: Mapped[str | None] = mapped_column(String(100))

    request: Mapped[ContentRequest | None] = relationship(back_populates="outbox_messages")


class DeadLetter(Base):
    """A rejected message, kept whole; `request_id` names a request that may not exist."""

    __tablename__ = "dead_letters"
    __table_args__ = (Index("ix_dead_letters_created_at", "created_at"),)

    id: Mapped[NewId]
    message_id: Mapped[str] = mapped_column(String(100), unique=True)
    request_id: Mapped[uuid.UUID | None] = mapped_column(UUID(as_uuid=True), index=True)
    correlation_id: Mapped[str | None] = mapped_column(String(64))
    student_id: Mapped[PlatformId | None] = mapped_column(index=True)
    stage: Mapped[str | None] = mapped_column(String(32))
    error_class: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(Text)
    delivery_attempt: Mapped[int | None]
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    attributes: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    created_at: Mapped[Created]
    replayed_at: Mapped[Moment | None]
    discarded_at: Mapped[Moment | None]


class ErasedRequest(Base):
    """The id of a request that was erased, and nothing else of it.

    A message for it may still be on its way: it is acked, never kept as a dead letter.
    """

    __tablename__ = "erased_requests"
    __table_args__ = (Index("ix_erased_requests_erased_at", "erased_at"),)

    request_id: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True), primary_key=True)
    erased_at: Mapped[Created]
