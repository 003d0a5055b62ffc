"""The database schema, step by step, and the one way to walk the steps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

if TYPE_CHECKING:
    from alembic.config import Config

VERSION_TABLE = "worker_alembic_version"

SCRIPTS = Path(__file__).parent

_LOCK = 0x6C6573736F6E
"""Key of the advisory lock that lets one migration run at a time ("lesson" in ASCII)."""


def migrate(connection: Connection, revision: str = "head") -> None:
    """Bring the database up to `revision`, inside the caller's transaction.

    Two workers that start together do not race: the second waits for the first.
    """
    from alembic import command  # noqa: PLC0415  # a tenth of a worker's start, and rarely needed

    _lock(connection)
    command.upgrade(_config(connection), revision)


def step_back(connection: Connection, revision: str) -> None:
    """Take the database down to `revision` ("base" for an empty one)."""
    from alembic import command  # noqa: PLC0415  # as in migrate

    _lock(connection)
    command.downgrade(_config(connection), revision)


def _lock(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def _config(connection: Connection) -> Config:
    from alembic.config import Config  # noqa: PLC0415  # as in migrate

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
