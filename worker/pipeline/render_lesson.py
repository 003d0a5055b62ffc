"""Fifth stage: the segments are completed and joined, and the lesson's files are written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from worker.layout.scenes import plan_scene
from worker.lessons.errors import LessonWithheldError
from worker.lessons.lesson_assembly import ChapterMark, LessonAssembly, Narration
from worker.lessons.lesson_record import RENDER_PLAN, write_plans
from worker.lessons.look import LessonFace
from worker.lessons.narration import SceneNarration
from worker.lessons.pace import unhurried
from worker.lessons.quality.report import write_report
from worker.lessons.render_plan import ScenePlan
from worker.lessons.request import Modality
from worker.lessons.soundtrack import Soundtrack
from worker.lessons.storyboard import Storyboard
from worker.lessons.timeline import Timeline
from worker.pipeline.judge_lesson import AUDIO, QUALITY_REPORT, VIDEO, judge_lesson
from worker.pipeline.render_segments import POSTER, Segments, SegmentStudio
from worker.pipeline.tools import Errand, OnShare, Tools
from worker.pipeline.write_texts import write_texts


@dataclass(frozen=True, slots=True)
class RenderedLesson:
    """The files of a lesson, complete on this machine's disk.

    Attributes:
        seconds: Length of the narration; None for a lesson to read.
    """

    files: tuple[Path, ...]
    seconds: float | None


@dataclass(slots=True)
class LessonDraft:
    """A lesson while it is made: it grows by every scene that has been spoken.

    Attributes:
        studio: Where its segments are made; None for a lesson without pictures.
    """

    storyboard: Storyboard
    track: Soundtrack
    studio: SegmentStudio | None
    timeline: Timeline = field(default_factory=Timeline)

    async def add_scene(self, narration: SceneNarration) -> None:
        """Place the next scene: on the timeline, in the soundtrack and in the studio."""
        scene = self.storyboard.scenes[len(self.timeline.scenes)]
        scene = unhurried(scene, narration.sentences, self.storyboard.grade_level)
        self.timeline = self.timeline.then(scene, narration)
        placed = self.timeline.scenes[-1]
        await asyncio.to_thread(self.track.lay, placed, narration)
        if self.studio is not None:
            self.studio.add(placed)


@asynccontextmanager
async def open_draft(
    errand: Errand, storyboard: Storyboard, tools: Tools
) -> AsyncIterator[LessonDraft]:
    """Begin a lesson; nothing of it is worked on any more when the block is left."""
    track = Soundtrack(errand.folder / "narration.pcm")
    if Modality.VIDEO not in errand.request.modalities:
        yield LessonDraft(storyboard, track, None)
        return
    async with SegmentStudio(errand, storyboard, tools) as studio:
        yield LessonDraft(storyboard, track, studio)


async def render_lesson(
    errand: Errand, draft: LessonDraft, tools: Tools, on_share: OnShare
) -> RenderedLesson:
    """Make the files of every modality that was asked for, and measure them.

    All scenes have been added. A lesson that fails a row of the lesson rules is marked by its
    quality report, or withheld, as `tools.withholds` says.

    Raises:
        LessonWithheldError: It fails a row, and is to be withheld.
        LayoutError: A scene cannot be laid out.
        RenderCrashedError: A render child died.
        LessonInvalidError: What was joined is not what was planned.
    """
    timeline = None if errand.request.is_read_only else draft.timeline
    files = await asyncio.to_thread(
        write_texts, errand.folder, errand.request, draft.storyboard, timeline
    )
    if timeline is not None:
        files += await _make_media(errand, draft, tools, on_share)
    seconds = None if timeline is None else timeline.seconds
    return RenderedLesson((*files, await _judge(errand, tools)), seconds)


async def _judge(errand: Errand, tools: Tools) -> Path:
    """Measure the files, and write the report that is published with them.

    Raises:
        LessonWithheldError: A row fails, and such a lesson is to be withheld.
    """
    report = await judge_lesson(errand.folder, tools.renderer)
    errand.trace.failed_rows = report.failed_rows
    if report.failed_rows and tools.withholds:
        raise LessonWithheldError(report.failed_rows)
    target = errand.folder / QUALITY_REPORT
    await asyncio.to_thread(target.write_text, write_report(report), encoding="utf-8")
    return target


async def _make_media(
    errand: Errand, draft: LessonDraft, tools: Tools, on_share: OnShare
) -> tuple[Path, ...]:
    """Make the files to watch and to listen to."""
    files: tuple[Path, ...] = ()
    assembly = _assembly(draft, errand.folder / "narration.m4a")
    async with asyncio.TaskGroup() as group:
        # The sound first: it is ready when the last scene is.
        encoding = tools.renderer.encode_narration(_narration(draft), assembly.sound)
        group.create_task(encoding)
        finishing = group.create_task(draft.studio.finish(on_share)) if draft.studio else None
    if finishing is not None:
        files = await _join_video(errand.folder, assembly, finishing.result(), tools)
    if Modality.AUDIO in errand.request.modalities:
        poster, audio = errand.folder / POSTER, errand.folder / AUDIO
        if finishing is None:
            plan = await asyncio.to_thread(_plan_cover, errand, draft, tools)
            await tools.renderer.draw_poster(plan, plan.frame_count // 2, poster)
            files = (poster,)
        await tools.renderer.assemble(replace(assembly, cover=poster), audio)
        files += (audio,)
    return files


def _plan_cover(errand: Errand, draft: LessonDraft, tools: Tools) -> ScenePlan:
    """Lay the first scene out: one picture of it is the cover, and none is encoded."""
    board = draft.storyboard
    look = errand.request.pictures.look(tools.look)
    return plan_scene(
        draft.timeline.scenes[0],
        scene_number=1,
        scene_count=len(board.scenes),
        face=LessonFace(board.title, board.subject, look),
    )


async def _join_video(
    folder: Path, assembly: LessonAssembly, segments: Segments, tools: Tools
) -> tuple[Path, ...]:
    video, plan = folder / VIDEO, folder / RENDER_PLAN
    whole = replace(assembly, segments=segments.files, cover=segments.poster)
    async with asyncio.TaskGroup() as group:
        group.create_task(tools.renderer.assemble(whole, video))
        plans = write_plans(segments.plans)
        group.create_task(asyncio.to_thread(plan.write_text, plans, encoding="utf-8"))
    return video, segments.poster, plan


def _narration(draft: LessonDraft) -> Narration:
    return Narration(draft.track.path, draft.track.sample_rate, draft.timeline.frame_count)


def _assembly(draft: LessonDraft, sound: Path) -> LessonAssembly:
    return LessonAssembly(
        segments=(),
        frame_count=draft.timeline.frame_count,
        sound=sound,
        title=draft.storyboard.title,
        language=draft.storyboard.language,
        chapters=tuple(
            ChapterMark(placed.scene.title, placed.first_frame, placed.frame_count)
            for placed in draft.timeline.scenes
        ),
    )
