"""Finds passages in PostgreSQL, by their words and by their vectors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, cast, column, func, or_, select, table, text
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.types import Text

from worker.adapters.database import passage_vectors
from worker.adapters.database.models import SourceDocument, SourcePassage
from worker.adapters.database.passages import configuration_of, grades_of
from worker.adapters.database.transactions import Transactions
from worker.curriculum.match import GRADES_BELOW
from worker.lessons.language import tongue_of
from worker.lessons.source_text import Passage, PassageNeed, chapter_of, source_id
from worker.lessons.storyboard import Source

_BY_LENGTH = 1
"""ts_rank's weight for longer passages: divided by the logarithm of their length."""

_SOURCE_ID = re.compile(r"doc-([0-9a-f]{12})-([1-9][0-9]{0,8})")


class PostgresPassageIndex:
    """Implements `worker.ports.PassageIndex`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._transactions = Transactions(engine)

    async def by_words(self, words: str, need: PassageNeed, most: int) -> Sequence[Passage]:
        """Search the full text for any of the words, and rank by how many there are."""
        all_of_them = func.plainto_tsquery(configuration_of(need.language), words)
        # A question holds words that no answer holds: one of them has to be enough.
        any_of_them = cast(func.replace(cast(all_of_them, Text), "&", "|"), TSQUERY)
        rank = func.ts_rank(SourcePassage.search, any_of_them, _BY_LENGTH)
        statement = (
            _readable(need)
            .where(SourcePassage.search.op("@@")(any_of_them))
            .order_by(rank.desc(), SourcePassage.id)
            .limit(most)
        )
        return await self._found(statement)

    async def has_vectors(self, model: str) -> bool:
        """Look whether there is a vector of the model; without the table there is none."""
        known = text(f"SELECT EXISTS (SELECT FROM {passage_vectors.TABLE} WHERE model = :model)")  # noqa: S608  # our own name
        async with self._transactions.begin() as session:
            if not await passage_vectors.table_exists(session):
                return False
            return bool(await session.scalar(known, {"model": model}))

    async def by_meaning(
        self, vector: Sequence[float], model: str, need: PassageNeed, most: int
    ) -> Sequence[Passage]:
        """Compare the vector with all of the model's, by the angle between them."""
        vectors = table(passage_vectors.TABLE, column("passage_id"), column("model"))
        distance = text(
            f"{passage_vectors.TABLE}.embedding <=> CAST(CAST(:vector AS text) AS vector)"
        )
        statement = (
            _readable(need)
            .join(vectors, vectors.c.passage_id == SourcePassage.id)
            .where(vectors.c.model == model)
            .order_by(distance, SourcePassage.id)
            .limit(most)
        )
        return await self._found(statement, vector=passage_vectors.as_text(vector))

    async def of_section(self, section_id: str, need: PassageNeed, most: int) -> Sequence[Passage]:
        """Return the passages of the same document that stand under the same headings."""
        named = _SOURCE_ID.fullmatch(section_id)
        if named is None:
            return ()
        one = (
            _readable(need)
            .with_only_columns(SourcePassage.document_id, SourcePassage.heading)
            .where(
                SourceDocument.content_digest.startswith(named[1]),
                SourcePassage.ordinal == int(named[2]),
            )
            .order_by(SourcePassage.id)
            .limit(1)
            .subquery()
        )
        statement = (
            _readable(need)
            .join(
                one,
                (SourcePassage.document_id == one.c.document_id)
                & (SourcePassage.heading == one.c.heading),
            )
            .order_by(SourcePassage.ordinal)
            .limit(most)
        )
        return await self._found(statement)

    async def _found(
        self, statement: Select[*tuple[Any, ...]], **parameters: object
    ) -> Sequence[Passage]:
        async with self._transactions.begin() as session:
            rows = (await session.execute(statement, parameters)).all()
        return [_passage(row) for row in rows]


def _readable(need: PassageNeed) -> Select[*tuple[Any, ...]]:
    """Select what a lesson may rest on: by organisation, language and grade."""
    language: ColumnElement[str] = func.split_part(func.lower(SourceDocument.language), "-", 1)
    lowest = SourceDocument.lowest_grade
    return (
        select(
            SourceDocument.content_digest,
            SourcePassage.ordinal,
            SourcePassage.heading,
            SourcePassage.page,
            SourcePassage.body,
            SourceDocument.title,
            SourceDocument.licence,
            SourceDocument.attribution,
            SourceDocument.url,
            SourceDocument.lowest_grade,
            SourceDocument.highest_grade,
        )
        .select_from(SourcePassage)
        .join(SourceDocument, SourceDocument.id == SourcePassage.document_id)
        .where(
            or_(
                SourceDocument.organization_id.is_(None),
                SourceDocument.organization_id == need.organization_id,
            ),
            language == tongue_of(need.language),
            or_(lowest.is_(None), lowest <= need.grade_level + GRADES_BELOW),
        )
    )


def _passage(row: Row[*tuple[Any, ...]]) -> Passage:
    return Passage(
        source=Source(
            source_id=source_id(row.content_digest, row.ordinal),
            title=row.title,
            chapter=chapter_of(row.heading, row.page),
            licence=row.licence,
            author=row.attribution,
            url=row.url,
        ),
        headings=row.heading,
        text=row.body,
        grades=grades_of(row.lowest_grade, row.highest_grade),
    )
