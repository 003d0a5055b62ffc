"""What calls cost: a column for each quantity, totals of requests and days."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

QUANTITIES: dict[str, sa.types.TypeEngine[Any]] = {
    "tokens_in": sa.BigInteger(),
    "tokens_out": sa.BigInteger(),
    "characters": sa.BigInteger(),
    "cpu_seconds": sa.Float(),
    "bytes_stored": sa.BigInteger(),
    "bytes_served": sa.BigInteger(),
}


def upgrade() -> None:
    op.add_column(
        "content_requests",
        sa.Column("cost_micros", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_content_requests_cost_positive"), "content_requests", "cost_micros >= 0"
    )
    op.create_table(
        "daily_costs",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("payer", sa.String(length=100), nullable=False),
        sa.Column("micros", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("micros >= 0", name=op.f("ck_daily_costs_micros_positive")),
        sa.PrimaryKeyConstraint("day", "payer", name=op.f("pk_daily_costs")),
    )
    # One quantity in one unit could not hold a call that reads some tokens and writes others.
    # No worker has ever written a row: the quantities of what others wrote are not kept.
    op.drop_column("request_costs", "quantity")
    op.drop_column("request_costs", "unit")
    for name, kind in QUANTITIES.items():
        op.add_column(
            "request_costs",
            sa.Column(name, kind, server_default=sa.text("0"), nullable=False),
        )
    op.add_column(
        "request_costs",
        sa.Column("is_assumed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    _add_required("fence", sa.BigInteger(), "0")
    _add_required("prices_dated", sa.Date(), "'2026-11-23'")
    units = " AND ".join(f"{name} >= 0" for name in (*QUANTITIES, "price_micros"))
    op.create_check_constraint(op.f("ck_request_costs_quantities_positive"), "request_costs", units)
    op.create_index(
        "ix_request_costs_intended_at", "request_costs", ["intended_at"], postgresql_using="brin"
    )


def downgrade() -> None:
    op.drop_index("ix_request_costs_intended_at", table_name="request_costs")
    op.drop_constraint(op.f("ck_request_costs_quantities_positive"), "request_costs", type_="check")
    for name in ("prices_dated", "fence", "is_assumed", *QUANTITIES):
        op.drop_column("request_costs", name)
    _add_required("unit", sa.String(length=20), "'unknown'")
    _add_required("quantity", sa.BigInteger(), "0")
    op.drop_table("daily_costs")
    op.drop_constraint(op.f("ck_content_requests_cost_positive"), "content_requests", type_="check")
    op.drop_column("content_requests", "cost_micros")


def _add_required(name: str, kind: sa.types.TypeEngine[Any], of_old_rows: str) -> None:
    """Add a column that every writer must fill; rows that are there get a value once."""
    column = sa.Column(name, kind, server_default=sa.text(of_old_rows), nullable=False)
    op.add_column("request_costs", column)
    op.alter_column("request_costs", name, server_default=None)
