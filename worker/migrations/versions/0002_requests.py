"""The requests, their stages, events and costs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STAGES = "'validate', 'ground', 'write_storyboard', 'narrate', 'render', 'publish', 'announce'"
STATUSES = (
    "'pending', 'validating', 'retrieving', 'generating_script', 'narrating', "
    "'generating_video', 'processing_video', 'notifying', 'completed', 'clarification_needed', "
    "'out_of_scope', 'unsafe', 'failed', 'cancelled'"
)


def upgrade() -> None:
    _create_content_requests()
    _create_request_stages()
    _create_request_events()
    _create_request_costs()


def downgrade() -> None:
    op.drop_table("request_costs")
    op.drop_table("request_events")
    op.drop_table("request_stages")
    op.drop_table("content_requests")


def _create_content_requests() -> None:
    op.create_table(
        "content_requests",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("correlation_id", sa.String(length=64), nullable=False),
        sa.Column("student_id", sa.String(length=100), nullable=False),
        sa.Column("organization_id", sa.String(length=100), nullable=True),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("topic", sa.String(length=200), nullable=True),
        sa.Column("learning_objective", sa.Text(), nullable=True),
        sa.Column("grade_level", sa.Integer(), nullable=False),
        sa.Column("interest", sa.String(length=200), nullable=True),
        sa.Column("language", sa.String(length=16), server_default="en", nullable=False),
        sa.Column("requested_duration_seconds", sa.Integer(), nullable=True),
        sa.Column(
            "requested_modalities",
            sa.ARRAY(sa.String(length=16)),
            server_default=sa.text("'{video}'::character varying[]"),
            nullable=False,
        ),
        sa.Column("status", sa.String(length=32), server_default="pending", nullable=False),
        sa.Column("current_stage", sa.String(length=32), nullable=True),
        sa.Column("progress_percentage", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("manifest_object", sa.String(length=500), nullable=True),
        sa.Column("objects", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("lesson_duration_seconds", sa.Double(), nullable=True),
        sa.Column("error_class", sa.String(length=100), nullable=True),
        sa.Column("error_stage", sa.String(length=32), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("error_hint", sa.Text(), nullable=True),
        sa.Column("clarifying_questions", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "request_metadata",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("claimed_by", sa.String(length=200), nullable=True),
        sa.Column("claim_fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("claim_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "claims_without_progress", sa.Integer(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("failed_attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            f"current_stage IS NULL OR current_stage IN ({STAGES})",
            name=op.f("ck_content_requests_stage_known"),
        ),
        sa.CheckConstraint(
            f"status IN ({STATUSES})",
            name=op.f("ck_content_requests_status_known"),
        ),
        sa.CheckConstraint(
            "claims_without_progress >= 0", name=op.f("ck_content_requests_claims_positive")
        ),
        sa.CheckConstraint(
            "grade_level BETWEEN 1 AND 12", name=op.f("ck_content_requests_grade_range")
        ),
        sa.CheckConstraint(
            "char_length(query) BETWEEN 3 AND 500",
            name=op.f("ck_content_requests_query_length"),
        ),
        sa.CheckConstraint(
            "requested_duration_seconds BETWEEN 45 AND 345",
            name=op.f("ck_content_requests_duration_range"),
        ),
        sa.CheckConstraint(
            "cardinality(requested_modalities) > 0 AND "
            "requested_modalities <@ ARRAY['video', 'audio', 'text']::character varying[]",
            name=op.f("ck_content_requests_modalities_known"),
        ),
        sa.CheckConstraint(
            "progress_percentage BETWEEN 0 AND 100", name=op.f("ck_content_requests_progress_range")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.organization_id"],
            name=op.f("fk_content_requests_organization_id_organizations"),
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["users.user_id"], name=op.f("fk_content_requests_student_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content_requests")),
        sa.UniqueConstraint("correlation_id", name=op.f("uq_content_requests_correlation_id")),
    )
    op.create_index(
        op.f("ix_content_requests_organization_id"),
        "content_requests",
        ["organization_id"],
        unique=False,
    )
    op.create_index(
        "ix_content_requests_status_created_at",
        "content_requests",
        ["status", "created_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_content_requests_student_id"), "content_requests", ["student_id"], unique=False
    )


def _create_request_stages() -> None:
    op.create_table(
        "request_stages",
        sa.Column("request_id", sa.UUID(), nullable=False),
        sa.Column("stage", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("input_digest", sa.String(length=64), nullable=False),
        sa.Column("checkpoint", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("error_class", sa.String(length=100), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.CheckConstraint(
            f"stage IN ({STAGES})",
            name=op.f("ck_request_stages_stage_known"),
        ),
        sa.CheckConstraint(
            "status IN ('running', 'done', 'reused', 'failed')",
            name=op.f("ck_request_stages_status_known"),
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["content_requests.id"],
            name=op.f("fk_request_stages_request_id_content_requests"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("request_id", "stage", name=op.f("pk_request_stages")),
    )


def _create_request_events() -> None:
    op.create_table(
        "request_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("request_id", sa.UUID(), nullable=False),
        sa.Column(
            "occurred_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("stage", sa.String(length=32), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column(
            "details",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["content_requests.id"],
            name=op.f("fk_request_events_request_id_content_requests"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_events")),
    )
    op.create_index(
        "ix_request_events_request_id_id", "request_events", ["request_id", "id"], unique=False
    )


def _create_request_costs() -> None:
    op.create_table(
        "request_costs",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("request_id", sa.UUID(), nullable=False),
        sa.Column("stage", sa.String(length=32), nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("operation", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("price_micros", sa.BigInteger(), nullable=False),
        sa.Column(
            "intended_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('intended', 'settled', 'void')", name=op.f("ck_request_costs_status_known")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["content_requests.id"],
            name=op.f("fk_request_costs_request_id_content_requests"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_costs")),
    )
    op.create_index(
        op.f("ix_request_costs_request_id"), "request_costs", ["request_id"], unique=False
    )
