"""Fifth stage: the segments are completed and joined, and the lesson's files are written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import TypeAdapter

from worker.lessons.captions import caption_cues, write_vtt
from worker.lessons.chapters import write_chapters
from worker.lessons.descriptions import write_descriptions
from worker.lessons.lesson_assembly import ChapterMark, LessonAssembly, Narration
from worker.lessons.narration import SceneNarration
from worker.lessons.request import Modality
from worker.lessons.soundtrack import Soundtrack
from worker.lessons.storyboard import Storyboard
from worker.lessons.timeline import Timeline
from worker.lessons.transcript import write_transcript
from worker.pipeline.render_segments import Segments, SegmentStudio
from worker.pipeline.tools import Errand, OnShare, Tools


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
    """Make the files of every modality that was asked for; all scenes have been added.

    Raises:
        LayoutError: A scene cannot be laid out.
        RenderCrashedError: A render child died.
        LessonInvalidError: What was joined is not what was planned.
    """
    modalities = set(errand.request.modalities)
    if modalities == {Modality.TEXT}:
        files = await asyncio.to_thread(_write_texts, errand.folder, draft.storyboard, None)
        return RenderedLesson(files, None)
    files = await asyncio.to_thread(_write_texts, errand.folder, draft.storyboard, draft.timeline)
    assembly = _assembly(draft, errand.folder / "narration.m4a")
    async with asyncio.TaskGroup() as group:
        # The sound first: it is ready when the last scene is.
        encoding = tools.renderer.encode_narration(_narration(draft), assembly.sound)
        group.create_task(encoding)
        finishing = group.create_task(draft.studio.finish(on_share)) if draft.studio else None
    if finishing is not None:
        files += await _join_video(errand.folder, assembly, finishing.result(), tools)
    if Modality.AUDIO in modalities:
        audio = errand.folder / "lesson.m4a"
        await tools.renderer.assemble(assembly, audio)
        files += (audio,)
    return RenderedLesson(files, draft.timeline.seconds)


async def _join_video(
    folder: Path, assembly: LessonAssembly, segments: Segments, tools: Tools
) -> tuple[Path, ...]:
    video, poster = folder / "lesson.mp4", folder / "poster.png"
    opening = segments.opening
    async with asyncio.TaskGroup() as group:
        group.create_task(
            tools.renderer.assemble(replace(assembly, segments=segments.files), video)
        )
        group.create_task(tools.renderer.draw_poster(opening, opening.frame_count // 2, poster))
    return video, poster


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
        texts["descriptions.vtt"] = write_descriptions(timeline)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return tuple(folder / name for name in texts)
