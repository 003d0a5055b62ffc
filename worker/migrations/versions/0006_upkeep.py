"""What sweep, retention and erasure need: counts, a list of what is gone, and their indexes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "content_requests",
        sa.Column("republications", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_content_requests_republications_positive"),
        "content_requests",
        "republications >= 0",
    )
    op.create_table(
        "erased_requests",
        sa.Column("request_id", sa.UUID(), nullable=False),
        sa.Column(
            "erased_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_erased_requests")),
    )
    op.create_index("ix_erased_requests_erased_at", "erased_requests", ["erased_at"])
    op.create_index(
        "ix_outbox_published",
        "outbox",
        ["published_at"],
        postgresql_where=sa.text("published_at IS NOT NULL"),
    )
    # Rows are added in the order of time: a block range index costs next to nothing to keep.
    op.create_index(
        "ix_request_events_occurred_at",
        "request_events",
        ["occurred_at"],
        postgresql_using="brin",
    )


def downgrade() -> None:
    op.drop_index("ix_request_events_occurred_at", table_name="request_events")
    op.drop_index("ix_outbox_published", table_name="outbox")
    op.drop_table("erased_requests")
    op.drop_constraint(
        op.f("ck_content_requests_republications_positive"), "content_requests", type_="check"
    )
    op.drop_column("content_requests", "republications")
