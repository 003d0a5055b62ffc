"""Vectors of passages, in a table that only a server with pgvector can hold.

The table is none of the models': migrations have to pass on every server. `ingest` makes it at
first need. It has no index: an exact scan of the passages that a lesson may rest on finds the
nearest for certain, which an approximate index with conditions does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

TABLE = "source_vectors"

_MAKE = f"""
CREATE TABLE IF NOT EXISTS {TABLE} (
    passage_id uuid PRIMARY KEY REFERENCES source_passages (id) ON DELETE CASCADE,
    model varchar(300) NOT NULL,
    embedding vector NOT NULL
)
"""

_IN_LINE = f"ALTER TABLE {TABLE} ALTER COLUMN embedding SET STORAGE PLAIN"
"""A scan reads every vector: out of line each would cost a look-up. 2000 dimensions fit a page."""

_WITHOUT = f"""
SELECT passage.id, passage.heading || E'\\n' || passage.body
FROM source_passages passage
LEFT JOIN {TABLE} known ON known.passage_id = passage.id AND known.model = :model
WHERE known.passage_id IS NULL
ORDER BY passage.document_id, passage.ordinal
LIMIT :most
"""  # noqa: S608  # our own name

_KEEP = f"""
INSERT INTO {TABLE} (passage_id, model, embedding)
SELECT id, :model, CAST(CAST(:embedding AS text) AS vector)
FROM source_passages WHERE id = :passage_id
ON CONFLICT (passage_id) DO UPDATE SET model = excluded.model, embedding = excluded.embedding
"""  # noqa: S608  # our own name

_INSTALLED = "SELECT installed_version FROM pg_available_extensions WHERE name = 'vector'"

_NOT_ALLOWED = "42501"
"""SQLSTATE of what a role may not do."""


async def make_table(session: AsyncSession) -> str | None:
    """Make the table where it is absent; return what stands in the way, or None."""
    found = (await session.execute(text(_INSTALLED))).one_or_none()
    if found is None:
        return "this PostgreSQL has no pgvector: install it, and run ingest again"
    try:
        async with session.begin_nested():
            if found[0] is None:
                await session.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
            await session.execute(text(_MAKE))
            await session.execute(text(_IN_LINE))
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _NOT_ALLOWED:
            raise
        return (
            "the role of DATABASE_URL may not make room for vectors: have a superuser run "
            "CREATE EXTENSION vector in this database, and run ingest again as its owner"
        )
    return None


async def table_exists(session: AsyncSession) -> bool:
    """Tell whether the table is there."""
    found = await session.scalar(text("SELECT to_regclass(:name)::text"), {"name": TABLE})
    return found is not None


async def select_without(
    session: AsyncSession, model: str, most: int
) -> Sequence[tuple[UUID, str]]:
    """Return passages without a vector of a model, and what is to be embedded of each."""
    rows = await session.execute(text(_WITHOUT), {"model": model, "most": most})
    return [(row[0], row[1]) for row in rows]


async def insert(
    session: AsyncSession, model: str, vectors: Mapping[UUID, Sequence[float]]
) -> None:
    """Write vectors, in place of those that are there."""
    rows = [
        {"model": model, "passage_id": one, "embedding": as_text(vector)}
        for one, vector in vectors.items()
    ]
    if rows:
        await session.execute(text(_KEEP), rows)


def as_text(vector: Sequence[float]) -> str:
    """Write a vector as pgvector reads it."""
    return f"[{','.join(f'{value:.7g}' for value in vector)}]"
