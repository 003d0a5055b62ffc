"""Runs a claimed request through the stages, each resumable, each written down."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

import structlog
from pydantic import TypeAdapter

from worker.charges import Account, charged_to
from worker.lessons.claim import Claimed
from worker.lessons.costs import BillableCall, Usage
from worker.lessons.digest import digest_of
from worker.lessons.ending import Ending
from worker.lessons.errors import ContentBlockedError, RetryableError, StageTimeoutError
from worker.lessons.pace import words_per_minute
from worker.lessons.request import LessonRequest
from worker.lessons.safety.judge_words import read_word_lists
from worker.lessons.stage import Stage, progress_within
from worker.lessons.storyboard import Storyboard
from worker.lessons.trace import Trace
from worker.lessons.understanding import Grounding, Judge, TopicFound, Understanding, Unsafe
from worker.pipeline.announce import announce, answered, completed
from worker.pipeline.ground import ground
from worker.pipeline.narrate import NarrationCheckpoint, narrate
from worker.pipeline.publish_lesson import publish_lesson
from worker.pipeline.render_lesson import (
    LessonDraft,
    RenderedLesson,
    open_draft,
    render_lesson,
)
from worker.pipeline.tools import Errand, OnShare, Tools
from worker.pipeline.validate_request import validate_request
from worker.pipeline.write_storyboard import write_storyboard
from worker.telemetry.spans import Value, span

CODE_VERSION = "4"
"""Part of every input digest: raise it when a stage's result changes for the same input."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Checkpoint(Generic[T]):
    """How a stage's result is kept, and what it was made from.

    Attributes:
        made_from: Everything that the result depends on.
    """

    codec: TypeAdapter[T]
    made_from: tuple[object, ...]

    @property
    def digest(self) -> str:
        """The SHA-256 of the inputs and of the code's version."""
        return digest_of(CODE_VERSION, *self.made_from)


class LessonPipeline:
    """The stages in their order. Stateless: one serves all requests."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def run(self, claimed: Claimed, trace: Trace) -> Ending:
        """Take one request from its claim to its end.

        Raises:
            RetryableError: The same request may succeed later.
            PermanentError: It never will.
            ClaimLostError: Somebody else owns it now.
        """
        with tempfile.TemporaryDirectory(
            dir=self._tools.workspace, prefix="request-", ignore_cleanup_errors=True
        ) as folder:
            note = partial(self._tools.store.count_claims_anew, claimed.claim)
            on_kept = partial(_let_pass, note)
            errand = Errand(claimed.claim, claimed.request, Path(folder), trace, on_kept)
            return await _Run(errand, self._tools).to_the_end()


@dataclass(slots=True)
class _Run:
    """One request on its way."""

    errand: Errand
    tools: Tools

    async def to_the_end(self) -> Ending:
        request, tutor = self.errand.request, self.tools.tutor.identity
        understanding = await self._kept(
            Stage.VALIDATE,
            Checkpoint(_UNDERSTANDING, (tutor, read_word_lists().identity, *_asked(request))),
            lambda: validate_request(self.errand, self.tools),
        )
        if not isinstance(understanding, TopicFound):
            return await self._end(answered(understanding, request.language))
        grounding = await self._kept(
            Stage.GROUND,
            Checkpoint(_GROUNDING, (tutor, understanding)),
            lambda: ground(request, understanding, self.tools),
        )
        made_from = (tutor, understanding, grounding, *_asked(request))
        try:
            storyboard = await self._kept(
                Stage.WRITE_STORYBOARD,
                Checkpoint(_STORYBOARD, made_from),
                lambda: write_storyboard(request, understanding, grounding, self.tools),
            )
        except ContentBlockedError:
            return await self._end(answered(Unsafe(Judge.FILTER), request.language))
        return await self._publish(await self._make(storyboard))

    async def _make(self, storyboard: Storyboard) -> RenderedLesson:
        """Narrate and render: a scene is drawn while the next one is spoken."""
        # What is drawn meanwhile is charged to the stage that it belongs to.
        with charged_to(self._account_of(Stage.RENDER)):
            async with open_draft(self.errand, storyboard, self.tools) as draft:
                if not self.errand.request.is_read_only:
                    await self._narrate(draft)
                return await self._done(
                    Stage.RENDER,
                    lambda: render_lesson(
                        self.errand, draft, self.tools, self._share_of(Stage.RENDER)
                    ),
                )

    async def _narrate(self, draft: LessonDraft) -> None:
        """Speak all scenes; what the checkpoint names is taken from the cache on the way."""
        board = draft.storyboard
        rate = words_per_minute(board.grade_level)
        checkpoint = Checkpoint(_NARRATION, (board, rate, self.tools.voice.identity))
        store, claim = self.tools.store, self.errand.claim
        async with self._within(Stage.NARRATE):
            known = await store.begin_stage(claim, Stage.NARRATE, checkpoint.digest)
            if known is not None:
                self.errand.trace.reused.append(Stage.NARRATE.value)
            on_share = self._share_of(Stage.NARRATE)
            kept = await narrate(self.errand, board, self.tools, draft.add_scene, on_share)
            if known is None:
                # Without all its sentences in the cache the stage cannot be resumed from.
                packed = None if kept is None else checkpoint.codec.dump_json(kept)
                await store.finish_stage(claim, Stage.NARRATE, packed)

    async def _publish(self, rendered: RenderedLesson) -> Ending:
        lesson = await self._done(
            Stage.PUBLISH,
            lambda: publish_lesson(
                self.errand,
                rendered.files,
                rendered.seconds,
                self.tools,
                self._share_of(Stage.PUBLISH),
            ),
        )
        return await self._end(completed(lesson))

    async def _end(self, ending: Ending) -> Ending:
        """Announce; the transaction that ends the request also ends this stage."""
        async with self._within(Stage.ANNOUNCE):
            claim = self.errand.claim
            await self.tools.store.begin_stage(claim, Stage.ANNOUNCE, str(claim.request_id))
            return await announce(self.errand, ending, self.tools)

    async def _kept(
        self, stage: Stage, checkpoint: Checkpoint[T], work: Callable[[], Awaitable[T]]
    ) -> T:
        """Run a stage whose result is kept, or take what is kept from the same input."""
        async with self._within(stage):
            store, claim = self.tools.store, self.errand.claim
            kept = await store.begin_stage(claim, stage, checkpoint.digest)
            if kept is not None:
                self.errand.trace.reused.append(stage.value)
                return checkpoint.codec.validate_json(kept)
            result = await work()
            await store.finish_stage(claim, stage, checkpoint.codec.dump_json(result))
            return result

    async def _done(self, stage: Stage, work: Callable[[], Awaitable[T]]) -> T:
        """Run a stage whose result lives in files: a redelivery runs it again."""
        async with self._within(stage):
            store, claim = self.tools.store, self.errand.claim
            await store.begin_stage(claim, stage, str(self.errand.request.request_id))
            result = await work()
            await store.finish_stage(claim, stage, None)
            return result

    @asynccontextmanager
    async def _within(self, stage: Stage) -> AsyncIterator[None]:
        """Name the running stage, charge its calls to it, and hold it to its time.

        Raises:
            StageTimeoutError: It took longer.
        """
        wanted = self.errand.request.duration_seconds
        limit = self.tools.limits.seconds_for(stage, wanted)
        clock = asyncio.timeout(limit)
        measured = span(f"stage {stage.value}", attributes=self._described(stage))
        with measured, self.errand.trace.within(stage), charged_to(self._account_of(stage)):
            try:
                async with clock:
                    yield
            except TimeoutError:
                if not clock.expired():
                    raise
                raise StageTimeoutError(
                    f"stage {stage.value} took longer than {limit:.0f} s",
                    "see what it waited for; WORKER_STAGE_SECONDS gives it more time",
                ) from None

    def _described(self, stage: Stage) -> dict[str, Value | None]:
        claim = self.errand.claim
        return {
            "content_worker.stage": stage.value,
            "content_worker.request_id": str(claim.request_id),
            "content_worker.fence": claim.fence,
        }

    def _account_of(self, stage: Stage) -> Account:
        return Account(self.tools.ledger, self.errand.claim, stage, self._spend)

    def _spend(self, call: BillableCall, used: Usage) -> None:
        micros = self.tools.prices.micros(call, used, self.tools.now().date())
        self.errand.trace.count_cost(call.provider, micros)

    def _share_of(self, stage: Stage) -> OnShare:
        async def on_share(share: float) -> None:
            percentage = progress_within(stage, share)
            store = self.tools.store
            await _let_pass(partial(store.report_progress, self.errand.claim, percentage))

        return on_share


async def _let_pass(note: Callable[[], Awaitable[None]]) -> None:
    """Write down how far a request is; where the row cannot be reached, work goes on.

    Raises:
        ClaimLostError: Somebody else owns the request.
    """
    try:
        await note()
    except RetryableError as error:
        structlog.get_logger().warning("progress_not_noted", reason=error.message)


def _asked(request: LessonRequest) -> tuple[object, ...]:
    """Return what a storyboard depends on in a request."""
    return (
        request.query,
        request.grade_level,
        request.interest,
        request.language,
        request.duration_seconds,
        request.is_read_only,
    )


_UNDERSTANDING: TypeAdapter[Understanding] = TypeAdapter(Understanding)
_GROUNDING = TypeAdapter(Grounding)
_STORYBOARD = TypeAdapter(Storyboard)
_NARRATION = TypeAdapter(NarrationCheckpoint)
