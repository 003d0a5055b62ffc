"""Doing what the platform does: write the row of a request, then publish its message."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from worker.adapters.database.request_book import PostgresRequestBook
from worker.lessons.ask import Ask
from worker.lessons.ending import EventAddress
from worker.lessons.enqueue import request_message
from worker.lessons.request import LessonRequest
from worker.ports import Publisher
from worker.settings import Settings


async def submit_request(
    engine: AsyncEngine, publisher: Publisher, settings: Settings, ask: Ask
) -> LessonRequest:
    """Insert a request and publish the message that names it.

    A request whose message could not be published stays pending: `sweep` enqueues it later.

    Raises:
        DependencyUnavailableError: PostgreSQL or Pub/Sub did not answer.
        RefusedError: One of them refused.
    """
    request = LessonRequest(
        request_id=uuid4(),
        correlation_id=str(uuid4()),
        student_id=ask.student_id,
        organization_id=ask.organization_id,
        query=ask.query,
        grade_level=ask.grade_level,
        interest=ask.interest,
        language=ask.language,
        duration_seconds=ask.duration_seconds,
        modalities=ask.modalities,
        pictures=ask.pictures,
    )
    book = PostgresRequestBook(engine)
    await book.add(request, organization_name=ask.organization_id or "")
    message = request_message(request, EventAddress(settings.topic, settings.environment), uuid4())
    await publisher.publish(message.topic, message.payload, dict(message.attributes))
    await book.mark_sent(request.request_id)
    return request
