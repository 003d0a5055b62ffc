"""Own sources in PostgreSQL: kept whole, replaced whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import REGCONFIG
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from worker.adapters.database import passage_vectors
from worker.adapters.database.models import Organization, SourceDocument, SourcePassage
from worker.adapters.database.transactions import Transactions
from worker.lessons.language import tongue_of
from worker.lessons.source_text import Attribution, SourceText
from worker.ports import Keeping, Kept

_LOCK = 0x736F75726365
"""Key of the advisory lock that lets one text be kept at a time ("source" in ASCII)."""

_HEADING: ColumnElement[str] = literal_column("'A'")
"""PostgreSQL's highest weight: a word counts ten times as much as one of the body."""

_BODY: ColumnElement[str] = literal_column("'D'")
"""Its lowest one."""

_CONFIGURATIONS = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hu": "hungarian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "ne": "nepali",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
}
"""The languages that every PostgreSQL from 12 on knows the words of."""


def configuration_of(language: str) -> ColumnElement[str]:
    """Return how the words of a language are compared; those of an unknown one as they stand."""
    return cast(literal(_CONFIGURATIONS.get(tongue_of(language), "simple")), REGCONFIG)


class PostgresPassageShelf:
    """Implements `worker.ports.PassageShelf`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._transactions = Transactions(engine)

    async def has_organization(self, organization_id: str) -> bool:
        """Tell whether the platform's table has the organisation."""
        async with self._transactions.begin() as session:
            return await session.get(Organization, organization_id) is not None

    async def keep(self, text: SourceText, organization_id: str | None) -> Kept:
        """Keep a text; two that come at once wait for each other."""
        async with self._transactions.begin() as session:
            await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            known = await _known(session, text, organization_id)
            if known is None:
                document = SourceDocument(organization_id=organization_id)
                session.add(document)
                return await _write(session, document, text, Keeping.ADDED)
            if known.content_digest != text.digest:
                return await _write(session, known, text, Keeping.REPLACED)
            is_new_label = known.origin == text.origin and _label_of(known) != text.attribution
            if is_new_label:
                _label(known, text.attribution)
            keeping = Keeping.RELABELLED if is_new_label else Keeping.UNCHANGED
            count = select(func.count()).where(SourcePassage.document_id == known.id)
            return Kept(keeping, known.origin, await session.scalar(count) or 0)

    async def prepare_vectors(self) -> str | None:
        """Make the table of vectors, if the server and the role can."""
        async with self._transactions.begin() as session:
            await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            return await passage_vectors.make_table(session)

    async def without_vectors(self, model: str, most: int) -> Sequence[tuple[UUID, str]]:
        """Return what is to be embedded yet."""
        async with self._transactions.begin() as session:
            return await passage_vectors.select_without(session, model, most)

    async def keep_vectors(self, model: str, vectors: Mapping[UUID, Sequence[float]]) -> None:
        """Write vectors."""
        async with self._transactions.begin() as session:
            await passage_vectors.insert(session, model, vectors)


async def _known(
    session: AsyncSession, source: SourceText, organization_id: str | None
) -> SourceDocument | None:
    """Return the document of the same origin, or else of the same content."""
    by_origin = _documents(organization_id).where(SourceDocument.origin == source.origin)
    by_content = _documents(organization_id).where(SourceDocument.content_digest == source.digest)
    return await session.scalar(by_origin.limit(1)) or await session.scalar(by_content.limit(1))


def _documents(organization_id: str | None) -> Select[SourceDocument]:
    # Without an organisation the comparison is IS NULL.
    return (
        select(SourceDocument)
        .where(SourceDocument.organization_id == organization_id)
        .order_by(SourceDocument.created_at, SourceDocument.id)
    )


async def _write(
    session: AsyncSession, document: SourceDocument, source: SourceText, keeping: Keeping
) -> Kept:
    document.origin, document.content_digest = source.origin, source.digest
    _label(document, source.attribution)
    await session.flush()
    await session.execute(delete(SourcePassage).where(SourcePassage.document_id == document.id))
    configuration = configuration_of(source.attribution.language)
    headings = func.setweight(
        func.to_tsvector(configuration, bindparam("heading_words", type_=Text)), _HEADING
    )
    bodies = func.setweight(
        func.to_tsvector(configuration, bindparam("body_words", type_=Text)), _BODY
    )
    connection = await session.connection()
    await connection.execute(
        insert(SourcePassage).values(search=headings.op("||")(bodies)),
        [
            {
                "document_id": document.id,
                "ordinal": ordinal,
                "heading": passage.heading,
                "page": passage.page,
                "body": passage.text,
                "heading_words": passage.heading,
                "body_words": passage.text,
            }
            for ordinal, passage in enumerate(source.passages, start=1)
        ],
    )
    return Kept(keeping, source.origin, len(source.passages))


def _label(document: SourceDocument, attribution: Attribution) -> None:
    document.title, document.licence = attribution.title, attribution.licence
    document.attribution, document.url = attribution.author, attribution.url
    document.language = attribution.language
    document.lowest_grade, document.highest_grade = attribution.grades or (None, None)


def _label_of(document: SourceDocument) -> Attribution:
    return Attribution(
        title=document.title,
        licence=document.licence,
        author=document.attribution,
        url=document.url,
        language=document.language,
        grades=grades_of(document.lowest_grade, document.highest_grade),
    )


def grades_of(lowest: int | None, highest: int | None) -> tuple[int, int] | None:
    """Return the grades that a text is for, or None for all."""
    return None if lowest is None or highest is None else (lowest, highest)
