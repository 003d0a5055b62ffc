"""The voice, the writer and the renderer: can they do their work here?

An adapter that can tell before the first message whether its provider serves it has a method
`shortcomings` (`worker.ports.SelfChecking`): it says what is missing, which setting names it, and
the line that mends it. It is asked here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable

from schema_checks import Finding, Level, Report
from worker.boot_checks.findings import joined
from worker.bootstrap import Resources
from worker.lessons.pace import words_per_minute
from worker.ports import SelfChecking, Shortcoming

OFFLINE_VOICE = "hibari"


async def check_writer(resources: Resources) -> Report:
    """Ask the writer, and its embedder, what they lack."""
    return joined(
        [
            _reported("WK402", await _shortcomings(resources.tutor)),
            _reported("WK403", await _shortcomings(resources.embedder)),
        ]
    )


async def check_voice(resources: Resources) -> Report:
    """Start the voice and ask what it lacks; one that costs nothing also speaks."""
    try:
        await resources.voice.start()
        if resources.settings.voice == OFFLINE_VOICE:
            await resources.voice.speak("The voice is ready.", words_per_minute(12))
    except ImportError as error:
        return Report.of(
            [
                Finding(
                    code="WK401",
                    level=Level.ERROR,
                    subject="WORKER_VOICE",
                    message=f"the voice {resources.voice.name} is not installed ({error.name})",
                    consequence="no lesson can be narrated",
                    hint="pip install 'content-worker[offline-voice]'",
                )
            ]
        )
    return _reported("WK404", await _shortcomings(resources.voice))


async def check_rendering(resources: Resources) -> Report:
    """Draw and encode one small scene in a child."""
    await resources.renderer.start()
    await resources.renderer.check(resources.workspace)
    return Report()


async def _shortcomings(adapter: object) -> Iterable[Shortcoming]:
    return await adapter.shortcomings() if isinstance(adapter, SelfChecking) else ()


def _reported(code: str, shortcomings: Iterable[Shortcoming]) -> Report:
    return Report.of(
        Finding(
            code=code,
            level=Level.ERROR if one.is_error else Level.WARNING,
            subject=one.variable,
            message=one.message,
            consequence=one.consequence,
            hint=one.mend,
        )
        for one in shortcomings
    )
