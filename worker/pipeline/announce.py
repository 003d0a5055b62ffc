"""Last stage: the request ends and the platform hears of it, in one transaction."""

from __future__ import annotations

from worker.lessons.ending import Ending, PublishedLesson, end_event
from worker.lessons.safety.help_text import help_text
from worker.lessons.stage import Status
from worker.lessons.understanding import ClarificationNeeded, OutOfScope, Unsafe
from worker.pipeline.tools import Errand, Tools
from worker.telemetry.spans import carried_on


async def announce(errand: Errand, ending: Ending, tools: Tools) -> Ending:
    """End the request with its outbox row; the relay carries it from there."""
    event = end_event(
        tools.events, errand.claim, errand.request.correlation_id, ending, tools.now()
    )
    await tools.store.end(errand.claim, ending, [event.carrying(carried_on())])
    return ending


def completed(lesson: PublishedLesson) -> Ending:
    """Return the ending of a lesson that was made."""
    return Ending(Status.COMPLETED, lesson=lesson)


def answered(understanding: ClarificationNeeded | OutOfScope | Unsafe, language: str) -> Ending:
    """Return the ending of an ask that gets an answer instead of a lesson, in its language."""
    match understanding:
        case ClarificationNeeded(questions):
            return Ending(Status.CLARIFICATION_NEEDED, questions=questions)
        case OutOfScope(offers):
            return Ending(Status.OUT_OF_SCOPE, questions=offers)
        case Unsafe(harm=harm):
            return Ending(Status.UNSAFE, help_text=help_text(harm, language))
