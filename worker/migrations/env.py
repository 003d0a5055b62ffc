"""Alembic's entry: runs the steps on the connection that `worker.migrations` hands over."""

from alembic import context

from worker.adapters.database.models import Base
from worker.migrations import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
