"""What a student reads whose question gets help instead of a lesson."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("content_requests", sa.Column("help_text", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("content_requests", "help_text")
