"""What a render child does with finished files: joins them, and reads back what they became."""

from __future__ import annotations

from pathlib import Path

from worker.lessons.lesson_assembly import LessonAssembly
from worker.lessons.quality.evidence import FileFigures, SoundFigures
from worker.ports import FinishedFiles, LessonFacts
from worker.rendering import child as in_child


def assemble(assembly: LessonAssembly, target: Path) -> LessonFacts:
    """Join, then read back and compare; it runs in the child."""
    from worker.adapters import media_probe  # noqa: PLC0415 - heavy: in the child alone

    in_child.assemble(assembly, target)
    report = media_probe.probe_media(target)
    media_probe.check_lesson(report, assembly)
    return report.facts


def measure(files: FinishedFiles) -> tuple[SoundFigures, FileFigures | None]:
    """Say what is heard and seen in a lesson; it runs in the child."""
    from worker.adapters import media_probe  # noqa: PLC0415 - heavy: in the child alone

    sound = in_child.measure_sound(files.sound)
    if files.video is None:
        return sound, None
    report = media_probe.probe_media(files.video)
    return sound, FileFigures(
        video_seconds=report.facts.video_seconds,
        audio_seconds=report.facts.audio_seconds,
        is_bt709=media_probe.is_bt709(report),
        is_faststart=report.is_faststart,
        chapters=tuple((chapter.title, chapter.start) for chapter in report.chapters),
        contrasts=in_child.measure_contrasts(files.video, files.plans),
    )
