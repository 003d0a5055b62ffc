"""A request that is cut off goes on where it was; how narrating and rendering at once look."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.fakes.scripted_tutor import ScriptedTutor
from tests.fakes.tone_voice import ToneVoice
from tests.integration.pipeline.conftest import Workshop
from worker.adapters.render_pool import RenderPool
from worker.lessons.errors import (
    ClaimLostError,
    DependencyUnavailableError,
    RefusedError,
    RenderCrashedError,
    StageTimeoutError,
    WorkerError,
)
from worker.lessons.lesson_assembly import LessonAssembly, Narration
from worker.lessons.narration import SpokenSentence
from worker.lessons.quality.evidence import FileFigures, SoundFigures
from worker.lessons.render_plan import ScenePlan
from worker.lessons.stage import Stage
from worker.lessons.storyboard import Scene, SceneKind, Sentence, Storyboard
from worker.lessons.trace import Trace
from worker.lessons.understanding import Grounding, TopicFound
from worker.pipeline.run_stages import LessonPipeline
from worker.pipeline.stage_limits import StageLimits
from worker.ports import FinishedFiles, LessonFacts, ObjectStore

NO_INTEREST = False
SHORT, LONG, MIDDLE = "Push.", "Every push gets a push back, always.", "They never cancel."


@dataclass(slots=True)
class GatedVoice(ToneVoice):
    """Hums, but some sentences only when the gate is open."""

    gated: frozenset[str] = frozenset()
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def speak(
        self, text: str, words_per_minute: float, language: str = "en"
    ) -> SpokenSentence:
        """Wait for the gate where the sentence stands behind it."""
        if text in self.gated:
            await self.gate.wait()
        return await ToneVoice.speak(self, text, words_per_minute, language)


@dataclass(slots=True)
class WatchedRenderer:
    """The real pool; a test sees the order of its segments, and lets some of them wait or fail."""

    pool: RenderPool
    on_segment: Callable[[int], Any] = lambda _: None
    scenes: list[str] = field(default_factory=list)

    async def has_two(self) -> bool:
        """Tell whether two scenes have been asked for."""
        return len(self.scenes) >= 2

    @property
    def identity(self) -> str:
        """The pool's."""
        return self.pool.identity

    async def render_segment(
        self, plan: ScenePlan, target: Path, on_progress: Callable[[int], None]
    ) -> float:
        """Note the scene, do as the test says, then render."""
        self.scenes.append(plan.scene_id)
        waiting = self.on_segment(len(self.scenes))
        if waiting is not None:
            await waiting
        return await self.pool.render_segment(plan, target, on_progress)

    async def encode_narration(self, narration: Narration, target: Path) -> None:
        """Encode."""
        await self.pool.encode_narration(narration, target)

    async def assemble(self, assembly: LessonAssembly, target: Path) -> LessonFacts:
        """Join."""
        return await self.pool.assemble(assembly, target)

    async def measure(self, files: FinishedFiles) -> tuple[SoundFigures, FileFigures | None]:
        """Measure."""
        return await self.pool.measure(files)

    async def draw_poster(self, plan: ScenePlan, frame: int, target: Path) -> None:
        """Draw."""
        await self.pool.draw_poster(plan, frame, target)


@dataclass(slots=True)
class ForgetfulStore:
    """The real store, which takes nothing into the cache."""

    inner: ObjectStore
    error: WorkerError

    async def upload(self, bucket: str, name: str, source: Path, content_type: str) -> None:
        """Store what is no entry of the cache."""
        if name.startswith("cache/"):
            raise self.error
        await self.inner.upload(bucket, name, source, content_type)

    async def download(self, bucket: str, name: str, target: Path) -> None:
        """Fetch."""
        await self.inner.download(bucket, name, target)

    async def delete(self, bucket: str, name: str) -> None:
        """Delete."""
        await self.inner.delete(bucket, name)


@pytest.fixture
def workshop(workshop: Workshop, pool: RenderPool) -> Workshop:
    """A worker that makes a lesson of three short scenes."""
    scenes = (
        Scene("one", SceneKind.EXPLANATION, "One", (Sentence(SHORT),)),
        Scene("two", SceneKind.EXPLANATION, "Two", (Sentence(LONG),)),
        Scene("three", SceneKind.EXPLANATION, "Three", (Sentence(MIDDLE),)),
    )
    tutor = ScriptedTutor(
        TopicFound("forces", "Forces", "Say what a force does.", 8),
        Grounding("forces", ("physics",)),
        Storyboard("forces", "Forces", "physics", 8, "en", "", NO_INTEREST, "Push.", scenes, ()),
    )
    return workshop.rival(tutor=tutor, renderer=WatchedRenderer(pool))


def renderer_of(workshop: Workshop) -> WatchedRenderer:
    renderer = workshop.tools.renderer
    assert isinstance(renderer, WatchedRenderer)
    return renderer


def all_but_the_first_wait(number: int) -> Any:
    return asyncio.Event().wait() if number > 1 else None


async def cut_off_after(workshop: Workshop, request_id: UUID, segments: int) -> None:
    """Let a worker die once so many segments and all sentences are in the cache.

    Its claim is over at once, and it releases nothing: it is as dead as one that was killed.
    """
    claimed = await workshop.claim(request_id, lease_seconds=-1.0)
    work = asyncio.create_task(LessonPipeline(workshop.tools).run(claimed, Trace()))
    await workshop.until_cached("segments", segments, work)
    await workshop.until_status(request_id, "generating_video", work)

    async def made_progress() -> bool:
        return not (await workshop.platform.row(request_id)).claims_without_progress

    await workshop.until(made_progress, work)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work


async def status_of(workshop: Workshop, request_id: UUID) -> str:
    return str((await workshop.platform.row(request_id)).status)


async def stages_of(workshop: Workshop, request_id: UUID) -> dict[str, str]:
    rows = await workshop.platform.rows(
        "SELECT stage, status FROM request_stages WHERE request_id = :id", id=request_id
    )
    return {row.stage: row.status for row in rows}


async def test_a_redelivery_goes_on_with_the_sentences_and_the_segments_that_exist(
    workshop: Workshop, pool: RenderPool
) -> None:
    request_id = await workshop.add()
    renderer_of(workshop).on_segment = all_but_the_first_wait
    await cut_off_after(workshop, request_id, segments=1)
    other = workshop.rival(renderer=WatchedRenderer(pool), voice=ToneVoice())
    lesson = await other.make(request_id)
    assert lesson.trace.reused == ["validate", "ground", "write_storyboard", "narrate"]
    assert (lesson.trace.sentences.made, lesson.trace.sentences.reused) == (0, 3)
    assert (lesson.trace.segments.made, lesson.trace.segments.reused) == (2, 1)
    assert len(renderer_of(other).scenes) == 2
    assert lesson.manifest["reused"]["stages"] == lesson.trace.reused
    assert (await stages_of(other, request_id))["narrate"] == "reused"


async def test_the_first_owner_s_files_are_gone_when_it_is_cut_off(workshop: Workshop) -> None:
    request_id = await workshop.add()
    renderer_of(workshop).on_segment = all_but_the_first_wait
    await cut_off_after(workshop, request_id, segments=1)
    assert list(workshop.tools.workspace.iterdir()) == []


async def test_the_lesson_of_a_redelivery_is_that_of_an_undisturbed_run(
    workshop: Workshop, pool: RenderPool
) -> None:
    request_id = await workshop.add()
    renderer_of(workshop).on_segment = all_but_the_first_wait
    await cut_off_after(workshop, request_id, segments=1)
    other = workshop.rival(renderer=pool)
    resumed = await other.make(request_id)
    for name in [*await other.cached("segments"), *await other.cached("narration")]:
        await other.tools.objects.delete(other.tools.bucket, name)
    undisturbed = await other.make(await other.add())
    assert undisturbed.trace.segments.reused == undisturbed.trace.sentences.reused == 0
    assert resumed.packets("video") == undisturbed.packets("video")
    assert resumed.packets("audio") == undisturbed.packets("audio")


async def test_a_segment_that_is_new_in_the_cache_is_progress_and_one_that_is_reused_is_not(
    workshop: Workshop, pool: RenderPool
) -> None:
    """Or else a request whose second scene kills its worker would never be poison."""
    request_id = await workshop.add()
    renderer_of(workshop).on_segment = all_but_the_first_wait
    await cut_off_after(workshop, request_id, segments=1)
    for fruitless in (1, 2):
        renderer = WatchedRenderer(pool, lambda _: asyncio.Event().wait())
        other = workshop.rival(renderer=renderer)
        claimed = await other.claim(request_id, lease_seconds=-1.0)
        assert claimed.claims_without_progress == fruitless
        work = asyncio.create_task(LessonPipeline(other.tools).run(claimed, Trace()))
        await other.until(renderer.has_two, work)
        work.cancel()
        await asyncio.wait([work])


async def test_a_scene_is_rendered_while_the_next_one_is_spoken_and_the_status_stays_true(
    workshop: Workshop,
) -> None:
    voice = GatedVoice(gated=frozenset({MIDDLE}))
    other = workshop.rival(voice=voice)
    request_id = await other.add()
    work = asyncio.create_task(other.make(request_id))
    await other.until_cached("segments", 2, work)
    row = await other.platform.row(request_id)
    assert (row.status, row.current_stage) == ("narrating", "narrate")
    assert 8 <= row.progress_percentage < 15
    voice.gate.set()
    lesson = await work
    assert lesson.trace.segments.made == 3
    percentages = await other.platform.row(request_id)
    assert percentages.progress_percentage == 100


async def test_a_render_that_fails_early_is_the_render_stage_s_failure_and_narration_is_kept(
    workshop: Workshop,
) -> None:
    def crash(_: int) -> None:
        raise RenderCrashedError("a child died")

    voice = GatedVoice(gated=frozenset({MIDDLE}))
    other = workshop.rival(voice=voice)
    renderer_of(other).on_segment = crash
    request_id = await other.add()
    trace = Trace()
    work = asyncio.create_task(
        LessonPipeline(other.tools).run(await other.claim(request_id), trace)
    )
    await other.until_cached("narration", 2, work)
    assert not work.done()
    voice.gate.set()
    with pytest.RaisesGroup(RenderCrashedError, flatten_subgroups=True):
        await work
    assert trace.stage is Stage.RENDER
    assert (await stages_of(other, request_id))["narrate"] == "done"
    assert len(await other.cached("narration")) == 3


async def test_workers_that_make_the_same_lesson_at_once_do_not_harm_each_other(
    workshop: Workshop,
) -> None:
    one, other = workshop.rival(), workshop.rival()
    requests = [await workshop.add(), await workshop.add()]
    lessons = await asyncio.gather(one.make(requests[0]), other.make(requests[1]))
    assert lessons[0].packets("video") == lessons[1].packets("video")
    assert len(await workshop.cached("segments")) == 3
    assert len(await workshop.cached("narration")) == 3
    third = await workshop.rival().make(await workshop.add())
    assert (third.trace.segments.reused, third.trace.sentences.reused) == (3, 3)


async def test_a_claim_that_is_lost_ends_the_work_and_changes_nothing(workshop: Workshop) -> None:
    voice = GatedVoice(gated=frozenset({MIDDLE}))
    other = workshop.rival(voice=voice)
    request_id = await other.add()
    claimed = await other.claim(request_id, lease_seconds=-1.0)
    work = asyncio.create_task(LessonPipeline(other.tools).run(claimed, Trace()))
    await other.until_cached("segments", 1, work)
    taken = await workshop.claim(request_id)
    voice.gate.set()
    with pytest.RaisesGroup(ClaimLostError, flatten_subgroups=True):
        await work
    row = await workshop.platform.row(request_id)
    assert (row.claim_fence, row.claims_without_progress) == (
        taken.claim.fence,
        taken.claims_without_progress,
    )
    assert row.manifest_object is None


async def test_a_stage_that_takes_too_long_ends_with_its_name(workshop: Workshop) -> None:
    other = workshop.rival(
        voice=GatedVoice(gated=frozenset({LONG})), limits=NarrateInASecond(least_seconds=60.0)
    )
    trace = Trace()
    claimed = await other.claim(await other.add())
    with pytest.raises(StageTimeoutError, match=r"stage narrate took longer than 1 s"):
        await LessonPipeline(other.tools).run(claimed, trace)
    assert trace.stage is Stage.NARRATE
    assert list(other.tools.workspace.iterdir()) == []


@dataclass(frozen=True, slots=True)
class NarrateInASecond(StageLimits):
    """Limits that a test can wait for."""

    def seconds_for(self, stage: Stage, lesson_seconds: float) -> float:
        """Give narrating one second."""
        generous = StageLimits.seconds_for(self, stage, lesson_seconds)
        return 1.0 if stage is Stage.NARRATE else generous


@pytest.mark.parametrize(
    "error",
    [DependencyUnavailableError("no answer"), RefusedError("no permission")],
    ids=lambda error: type(error).__name__,
)
async def test_a_cache_that_takes_nothing_costs_no_attempt(
    workshop: Workshop, error: WorkerError
) -> None:
    other = workshop.rival(objects=ForgetfulStore(workshop.tools.objects, error))
    request_id = await other.add()
    lesson = await other.make(request_id)
    assert (lesson.trace.sentences.not_kept, lesson.trace.segments.not_kept) == (3, 3)
    assert lesson.manifest["reused"]["segments"]["not_kept"] == 3
    assert await status_of(other, request_id) == "completed"
    checkpoints = await other.platform.rows(
        "SELECT checkpoint FROM request_stages WHERE request_id = :id AND stage = 'narrate'",
        id=request_id,
    )
    assert [row.checkpoint for row in checkpoints] == [None]


async def test_a_lesson_to_hear_is_spoken_and_not_drawn(workshop: Workshop) -> None:
    lesson = await workshop.make(await workshop.add(requested_modalities=["audio"]))
    assert renderer_of(workshop).scenes == []
    assert len(await workshop.cached("narration")) == 3
    assert await workshop.cached("segments") == []
    assert (lesson.folder / "lesson.m4a").stat().st_size > 0


async def test_a_lesson_to_read_asks_the_cache_for_nothing(workshop: Workshop) -> None:
    lesson = await workshop.make(await workshop.add(requested_modalities=["text"]))
    assert await workshop.cached("narration") == await workshop.cached("segments") == []
    assert {file["name"] for file in lesson.manifest["files"]} == {
        *("transcript.md", "lesson.md", "lesson.html", "picture-1.svg"),
        *("quiz.json", "citations.json"),
        "storyboard.json",
        "quality_report.json",
    }


async def test_a_lesson_to_see_and_to_hear_and_to_read_holds_all_three(workshop: Workshop) -> None:
    lesson = await workshop.make(
        await workshop.add(requested_modalities=["video", "audio", "text"])
    )
    names = {file["name"] for file in lesson.manifest["files"]}
    assert {"lesson.mp4", "lesson.m4a", "transcript.md", "poster.png"} <= names
