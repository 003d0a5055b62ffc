"""Fifth stage: the scenes are drawn and encoded, and the lesson's files are written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter

from worker.layout.scenes import plan_scene
from worker.lessons.captions import caption_cues, write_vtt
from worker.lessons.chapters import write_chapters
from worker.lessons.narration import SceneNarration
from worker.lessons.render_plan import ChapterMark, LessonAssembly, ScenePlan
from worker.lessons.request import Modality
from worker.lessons.soundtrack import join_narration
from worker.lessons.storyboard import Storyboard
from worker.lessons.timeline import Timeline, place_scenes
from worker.lessons.transcript import write_transcript
from worker.pipeline.narrate import OnShare
from worker.pipeline.tools import Errand, Tools
from worker.ports import LessonRenderer

PROGRESS_SECONDS = 0.5
"""How often the row hears of frames done; each hearing is a transaction."""


@dataclass(frozen=True, slots=True)
class RenderedLesson:
    """The files of a lesson, complete on this machine's disk.

    Attributes:
        seconds: Length of the narration; None for a lesson to read.
    """

    files: tuple[Path, ...]
    seconds: float | None


async def render_lesson(
    errand: Errand,
    storyboard: Storyboard,
    narrations: tuple[SceneNarration, ...],
    tools: Tools,
    on_share: OnShare,
) -> RenderedLesson:
    """Make the files of every modality that was asked for."""
    modalities = set(errand.request.modalities)
    if modalities == {Modality.TEXT}:
        return RenderedLesson(_write_texts(errand.folder, storyboard, None), None)
    timeline = place_scenes(storyboard, narrations)
    files = list(_write_texts(errand.folder, storyboard, timeline))
    assembly = _assembly(storyboard, timeline, narrations)
    if Modality.VIDEO in modalities:
        plans = await asyncio.to_thread(_plan_scenes, storyboard, timeline)
        studio = _Studio(errand.folder, tools.renderer, on_share)
        files += await studio.make_video(plans, assembly)
    if Modality.AUDIO in modalities:
        audio = errand.folder / "lesson.m4a"
        await tools.renderer.assemble(assembly, audio)
        files.append(audio)
    return RenderedLesson(tuple(files), timeline.seconds)


@dataclass(frozen=True, slots=True)
class _Studio:
    """Where one lesson's video is made, and who hears how far it is."""

    folder: Path
    renderer: LessonRenderer
    on_share: OnShare

    async def make_video(self, plans: Sequence[ScenePlan], assembly: LessonAssembly) -> list[Path]:
        """Render all scenes, join them, and draw the poster."""
        segments = await self._render_segments(plans)
        video, poster = self.folder / "lesson.mp4", self.folder / "poster.png"
        await self.renderer.assemble(replace(assembly, segments=segments), video)
        await self.renderer.draw_poster(plans[0], plans[0].frame_count // 2, poster)
        return [video, poster]

    async def _render_segments(self, plans: Sequence[ScenePlan]) -> tuple[Path, ...]:
        """Render the longest scene first, so that the pool does not end on one long scene."""
        segments = tuple(self.folder / f"segment-{number:02}.mp4" for number in range(len(plans)))
        meter = _Meter(sum(plan.frame_count for plan in plans), len(plans))
        order = sorted(range(len(plans)), key=lambda index: -plans[index].frame_count)
        async with asyncio.TaskGroup() as group:
            reporter = group.create_task(meter.report(self.on_share))
            async with asyncio.TaskGroup() as renders:
                for index in order:
                    renders.create_task(
                        self.renderer.render_segment(
                            plans[index], segments[index], meter.hear(index)
                        )
                    )
            reporter.cancel()
        return segments


def _plan_scenes(storyboard: Storyboard, timeline: Timeline) -> list[ScenePlan]:
    return [
        plan_scene(
            placed,
            scene_number=number,
            scene_count=len(timeline.scenes),
            subject=storyboard.subject,
            lesson_title=storyboard.title,
        )
        for number, placed in enumerate(timeline.scenes, start=1)
    ]


def _assembly(
    storyboard: Storyboard, timeline: Timeline, narrations: tuple[SceneNarration, ...]
) -> LessonAssembly:
    pcm, sample_rate = join_narration(timeline, narrations)
    return LessonAssembly(
        segments=(),
        frame_count=timeline.frame_count,
        pcm=pcm,
        sample_rate=sample_rate,
        title=storyboard.title,
        language=storyboard.language,
        chapters=tuple(
            ChapterMark(placed.scene.title, placed.first_frame, placed.frame_count)
            for placed in timeline.scenes
        ),
    )


def _write_texts(
    folder: Path, storyboard: Storyboard, timeline: Timeline | None
) -> tuple[Path, ...]:
    texts = {
        "transcript.md": write_transcript(storyboard, timeline),
        "storyboard.json": TypeAdapter(Storyboard).dump_json(storyboard, indent=2).decode() + "\n",
    }
    if timeline is not None:
        texts["captions.vtt"] = write_vtt(caption_cues(timeline))
        texts["chapters.vtt"] = write_chapters(timeline)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return tuple(folder / name for name in texts)


class _Meter:
    """Adds up the frames that the scenes report, and passes the share on now and then."""

    def __init__(self, frame_count: int, scene_count: int) -> None:
        self._frame_count = frame_count
        self._done = [0] * scene_count

    def hear(self, scene: int) -> Callable[[int], None]:
        def on_progress(frames: int) -> None:
            self._done[scene] = frames

        return on_progress

    async def report(self, on_share: OnShare) -> None:
        while True:
            await asyncio.sleep(PROGRESS_SECONDS)
            await on_share(sum(self._done) / self._frame_count)
