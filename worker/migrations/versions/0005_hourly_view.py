"""A view of hourly figures, for dashboards that read the database."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

VIEW = """
CREATE VIEW request_metrics_hourly AS
SELECT date_trunc('hour', created_at) AS hour,
       status,
       count(*) AS requests,
       avg(EXTRACT(EPOCH FROM completed_at - created_at)) AS mean_seconds_to_end,
       sum(failed_attempts) AS failed_attempts
  FROM content_requests
 GROUP BY 1, 2
"""


def upgrade() -> None:
    op.execute(VIEW)


def downgrade() -> None:
    op.execute("DROP VIEW request_metrics_hourly")
