"""Every relationship of our own models, written by a flush and read back by a fresh session."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.orm import RelationshipProperty, selectinload

from worker.adapters.database import models

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def _family() -> models.Organization:
    """One of everything, all of it related."""
    student = models.User(user_id="student")
    request = models.ContentRequest(
        correlation_id="c1", student=student, query="Explain gravity", grade_level=7
    )
    organization = models.Organization(organization_id="school", name="A School")
    organization.users = [student]
    organization.content_requests = [request]
    request.stages = [
        models.RequestStage(
            stage="validate", status="running", fence=1, started_at=NOW, input_digest="0" * 64
        )
    ]
    request.events = [models.RequestEvent(kind="claimed", fence=1)]
    request.costs = [
        models.RequestCost(
            stage="narrate",
            provider="google",
            operation="speak",
            status="intended",
            fence=1,
            characters=10,
            price_micros=160,
            prices_dated=NOW.date(),
        )
    ]
    request.outbox_messages = [models.OutboxMessage(topic="events", payload=b"{}")]
    return organization


def _library() -> models.SourceDocument:
    document = models.SourceDocument(
        origin="book.md",
        title="A Book",
        licence="CC BY 4.0",
        attribution="An author",
        content_digest="1" * 64,
    )
    body = "A force is a push or a pull."
    document.passages = [
        models.SourcePassage(
            ordinal=1,
            heading="Forces",
            body=body,
            search=func.to_tsvector("english", body),
        )
    ]
    return document


RELATIONSHIPS: list[RelationshipProperty[object]] = [
    relationship
    for mapper in sorted(models.Base.registry.mappers, key=lambda one: one.class_.__name__)
    for relationship in mapper.relationships
]


@pytest.fixture
async def sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    sessions = async_sessionmaker(engine)
    async with sessions.begin() as session:
        session.add_all([_family(), _library()])
    return sessions


@pytest.mark.parametrize("relationship", RELATIONSHIPS, ids=str)
async def test_a_relationship_loads_what_was_flushed(
    sessions: async_sessionmaker[AsyncSession], relationship: RelationshipProperty[object]
) -> None:
    owner = relationship.parent.class_
    option = selectinload(getattr(owner, relationship.key))
    async with sessions() as session:
        found = (await session.scalars(select(owner).options(option))).one()
        related = getattr(found, relationship.key)
    loaded = related if relationship.uselist else [related]
    assert len(loaded) == 1
    assert isinstance(loaded[0], relationship.mapper.class_)


async def test_deleting_a_request_deletes_all_that_hangs_on_it(
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    async with sessions.begin() as session:
        request = (await session.scalars(select(models.ContentRequest))).one()
        await session.delete(request)
    async with sessions() as session:
        for child in (
            models.RequestStage,
            models.RequestEvent,
            models.RequestCost,
            models.OutboxMessage,
        ):
            assert (await session.scalars(select(child))).all() == []


async def test_passages_are_searchable_by_their_words(
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    async with sessions() as session:
        found = await session.scalars(
            select(models.SourcePassage.heading).where(
                models.SourcePassage.search.match("pushing", postgresql_regconfig="english")
            )
        )
        assert found.all() == ["Forces"]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("status", "nonsense"),
        ("grade_level", 13),
        ("progress_percentage", 101),
        ("query", "no"),
        ("requested_duration_seconds", 44),
        ("requested_modalities", ["hologram"]),
        ("requested_modalities", []),
    ],
)
async def test_the_database_refuses_values_that_the_domain_does_not_know(
    sessions: async_sessionmaker[AsyncSession], column: str, value: object
) -> None:
    async with sessions() as session:
        request = (await session.scalars(select(models.ContentRequest))).one()
        setattr(request, column, value)
        with pytest.raises(IntegrityError):
            await session.flush()


async def test_a_student_that_does_not_exist_is_refused(
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    with pytest.raises(IntegrityError):
        async with sessions.begin() as session:
            session.add(
                models.ContentRequest(
                    id=uuid4(),
                    correlation_id="c2",
                    student_id="nobody",
                    query="Why?",
                    grade_level=5,
                )
            )
