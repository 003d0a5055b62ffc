"""Within the fifth stage: the finished files are measured, before anything is published."""

from __future__ import annotations

import asyncio
from pathlib import Path

from worker.layout.glyphs import missing_glyphs
from worker.lessons.errors import LessonInvalidError
from worker.lessons.lesson_record import (
    CAPTIONS,
    RENDER_PLAN,
    STORYBOARD,
    TIMELINE,
    read_plans,
    read_storyboard,
    read_times,
)
from worker.lessons.quality.caption_file import read_captions
from worker.lessons.quality.evidence import Evidence, ReadCue
from worker.lessons.quality.gate import measure
from worker.lessons.quality.report import QualityReport
from worker.ports import FinishedFiles, LessonRenderer

QUALITY_REPORT = "quality_report.json"
VIDEO, AUDIO = "lesson.mp4", "lesson.m4a"


async def judge_lesson(folder: Path, renderer: LessonRenderer) -> QualityReport:
    """Measure every row of the lesson rules from the files in a folder alone.

    Raises:
        LessonInvalidError: The folder holds no lesson, or its files contradict each other.
        RenderCrashedError: A child died while it measured.
    """
    return measure(await _gather(folder, renderer))


async def _gather(folder: Path, renderer: LessonRenderer) -> Evidence:
    evidence = await asyncio.to_thread(_read_texts, folder)
    video = await asyncio.to_thread(_existing, folder / VIDEO)
    sound = video or await asyncio.to_thread(_existing, folder / AUDIO)
    if sound is None or evidence.timeline is None:
        return evidence
    files = FinishedFiles(sound, video, evidence.plans or (), evidence.timeline.frame_count)
    heard, seen = await renderer.measure(files)
    return Evidence(
        storyboard=evidence.storyboard,
        timeline=evidence.timeline,
        asked_seconds=evidence.asked_seconds,
        plans=evidence.plans,
        captions=evidence.captions,
        sound=heard,
        file=seen,
        missing_glyphs=evidence.missing_glyphs,
    )


def _read_texts(folder: Path) -> Evidence:
    try:
        storyboard = read_storyboard((folder / STORYBOARD).read_bytes())
    except FileNotFoundError:
        raise LessonInvalidError(f"no {STORYBOARD} here: this is no lesson's folder") from None
    times, plan, track = (_existing(folder / one) for one in (TIMELINE, RENDER_PLAN, CAPTIONS))
    timeline, asked = read_times(times.read_bytes(), storyboard) if times else (None, None)
    plans = read_plans(plan.read_bytes(), storyboard) if plan else None
    return Evidence(
        storyboard=storyboard,
        timeline=timeline,
        asked_seconds=asked,
        plans=plans,
        captions=_read_track(track) if track else None,
        missing_glyphs=missing_glyphs(plans) if plans is not None else None,
    )


def _read_track(track: Path) -> tuple[ReadCue, ...]:
    try:
        return read_captions(track.read_text(encoding="utf-8"))
    except ValueError as error:
        raise LessonInvalidError(f"{CAPTIONS} cannot be read: {error}") from error


def _existing(file: Path) -> Path | None:
    return file if file.is_file() else None
