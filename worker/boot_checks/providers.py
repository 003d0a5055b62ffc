"""The voice, the writer, its embedder and the renderer: can they do their work here?

An adapter that can tell before the first message whether its provider serves it has a method
`shortcomings` (`worker.ports.SelfChecking`): it says what is missing, which setting names it, and
the line that mends it. It is asked here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable

from schema_checks import Finding, Level, Report
from worker.bootstrap import Resources
from worker.lessons.pace import words_per_minute
from worker.ports import SelfChecking, Shortcoming

OFFLINE_VOICE = "hibari"


async def check_writer(resources: Resources) -> Report:
    """Ask the writer what it lacks."""
    return _reported("WK402", await _shortcomings(resources.tutor))


async def check_embedder(resources: Resources) -> Report:
    """Ask the embedder what it lacks, where the writer brings one."""
    return _reported("WK403", await _shortcomings(resources.embedder))


async def check_voice(resources: Resources) -> Report:
    """Ask the voice what it lacks, then start it; one that costs nothing also speaks."""
    report = _reported("WK401", await _shortcomings(resources.voice))
    if not report.errors:
        await resources.voice.start()
        if resources.settings.voice == OFFLINE_VOICE:
            await resources.voice.speak("The voice is ready.", words_per_minute(12))
    return report


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
