"""The cloud adapters keep to the time that they are given, whatever their services do.

Random sequences of faults, on a clock that jumps: each adapter's own calls, retries, repairs and
translations run, and only what is at the other end of its client is scripted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from google.api_core import exceptions as google_errors
from google.cloud import texttospeech_v1beta1 as speech
from google.genai import errors as gemini_errors
from google.genai import types
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.virtual_time import run_in_virtual_time
from worker.adapters.call_retries import Retries
from worker.adapters.gemini_calls import GeminiAccess, GeminiCalls
from worker.adapters.gemini_embedder import GeminiEmbedder
from worker.adapters.gemini_self_check import SELF_CHECK_SECONDS
from worker.adapters.gemini_tutor import GeminiTutor
from worker.adapters.google_voice import GoogleVoice
from worker.adapters.google_voice_choice import VoiceChoice
from worker.curriculum.models import Curriculum
from worker.curriculum.reader import load_curriculum
from worker.lessons.errors import WorkerError
from worker.ports import EmbeddingPurpose

NEVER = float("inf")
HAIR = 1e-3
"""Deadlines are told in whole milliseconds."""

VOICE_NAME = "en-US-Neural2-F"
UNUSABLE = "Sure! Here it is:"
USABLE = '{"outcome": "out_of_scope", "choices": []}'


@dataclass(frozen=True, slots=True)
class Step:
    """What one call meets: how long it takes, and how it ends.

    Attributes:
        share: Of the whole budget, that it takes.
        ends: `answer`, `unusable`, `blocked`, or a fault.
        asked: How long the service asks to wait, in seconds.
    """

    share: float
    ends: str
    asked: float | None = None


@dataclass(slots=True)
class Script:
    """Meets its steps in order, and refuses once they are over.

    Attributes:
        told: How many seconds each call was said to have.
    """

    steps: Sequence[Step]
    budget: float
    told: list[float] = field(default_factory=list)

    async def meet(self, told: float) -> Step:
        """Take as long as the next step does, and return it."""
        number = len(self.told)
        self.told.append(told)
        step = self.steps[number] if number < len(self.steps) else Step(0, "403")
        if step.share == NEVER:
            await asyncio.Event().wait()
        await asyncio.sleep(step.share * self.budget)
        return step


SHARES = st.one_of(st.floats(0.0, 0.6), st.just(NEVER))
WAITS = st.one_of(st.none(), st.floats(0.0, 300.0))
FAULTS = ("429", "503", "cut")


def steps_of(*ends: str) -> st.SearchStrategy[list[Step]]:
    return st.lists(st.builds(Step, SHARES, st.sampled_from(ends), WAITS), max_size=10)


BUDGETS = st.floats(0.1, 150.0)
DRAWS = st.floats(0.0, 1.0)


async def outcome_of(call: Awaitable[object]) -> None:
    with suppress(WorkerError):
        await call


def hold_to_time(call: Callable[[], Awaitable[object]], script: Script) -> None:
    """Make a call of a port, and hold it to its budget and to what it tells the service."""
    budget = script.budget

    async def timed() -> None:
        await outcome_of(call())

    _, seconds = run_in_virtual_time(timed())
    assert seconds <= budget + HAIR
    assert script.told
    assert all(0 < one <= budget / 2 + HAIR for one in script.told)


# -- Gemini ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def curriculum() -> Curriculum:
    return load_curriculum()


class GeminiEnd:
    """What the client library calls, scripted behind it."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.aio = SimpleNamespace(models=self)

    async def generate_content(self, *, config: Any, **_: object) -> Any:
        """Answer a question as the script says."""
        step = await self._step(config)
        if step.ends == "blocked":
            return types.GenerateContentResponse.model_validate(
                {"prompt_feedback": {"block_reason": "SAFETY"}}
            )
        text = UNUSABLE if step.ends == "unusable" else USABLE
        content = {"role": "model", "parts": [{"text": text}]}
        return types.GenerateContentResponse.model_validate(
            {"candidates": [{"content": content, "finish_reason": "STOP"}]}
        )

    async def embed_content(self, *, config: Any, contents: list[Any], **_: object) -> Any:
        """Embed texts as the script says; an unusable answer lacks one."""
        step = await self._step(config)
        count = len(contents) - (step.ends == "unusable")
        return types.EmbedContentResponse.model_validate(
            {"embeddings": [{"values": [1.0] * config.output_dimensionality}] * count}
        )

    async def get(self, *, config: Any, **_: object) -> Any:
        """Describe the model as the script says."""
        await self._step(config)
        return types.Model(name="models/any")

    async def _step(self, config: Any) -> Step:
        step = await self._script.meet(config.http_options.timeout / 1000)
        if step.ends == "cut":
            raise aiohttp.ServerDisconnectedError
        if step.ends.isdigit():
            wait = f"{step.asked:f}s" if step.asked is not None else ""
            info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": wait}
            raise gemini_errors.APIError(int(step.ends), {"error": {"details": [info]}})
        return step


@dataclass(slots=True)
class Bench:
    """Calls of Gemini whose other end is scripted anew for each example."""

    curriculum: Curriculum
    calls: GeminiCalls

    def ready(self, script: Script, budget: float, draw: float) -> GeminiCalls:
        """Put a script at the other end."""
        self.calls._client = GeminiEnd(script)  # type: ignore[assignment]  # the client's own shape
        self.calls.seconds = budget
        self.calls._retries = Retries(draw=lambda: draw)
        return self.calls


@pytest.fixture(scope="module")
async def bench(curriculum: Curriculum) -> Bench:
    async with aiohttp.ClientSession() as session:
        return Bench(curriculum, GeminiCalls(GeminiAccess("key"), "gemini-any", 1.0, session))


GEMINI_STEPS = steps_of(*FAULTS, *FAULTS, "500", "403", *["unusable"] * 4, "blocked", "answer")
REPAIRS = [Step(0.45, "unusable")] * 3
RETRIES = [Step(0.4, "503"), Step(0.4, "503"), Step(NEVER, "answer")]


@given(steps=GEMINI_STEPS, budget=BUDGETS, draw=DRAWS)
@example(steps=REPAIRS, budget=30.0, draw=0.5)
@example(steps=RETRIES, budget=30.0, draw=0.5)
@settings(max_examples=60, deadline=None)
def test_a_question_its_retries_and_its_repairs_end_within_the_writer_s_time(
    bench: Bench, steps: list[Step], budget: float, draw: float
) -> None:
    script = Script(steps, budget)
    tutor = GeminiTutor(bench.curriculum, bench.ready(script, budget, draw))
    hold_to_time(lambda: tutor.understand("why is the sky blue", 8), script)


@given(steps=GEMINI_STEPS, budget=BUDGETS, draw=DRAWS)
@settings(max_examples=40, deadline=None)
def test_texts_are_embedded_or_given_up_within_the_writer_s_time(
    bench: Bench, steps: list[Step], budget: float, draw: float
) -> None:
    script = Script(steps, budget)
    embedder = GeminiEmbedder(bench.ready(script, budget, draw))
    texts = ["Forces come in pairs.", "Light"]
    hold_to_time(lambda: embedder.embed(texts, EmbeddingPurpose.PASSAGE), script)


@given(steps=GEMINI_STEPS, budget=BUDGETS, draw=DRAWS)
@settings(max_examples=40, deadline=None)
def test_a_model_is_looked_up_and_tried_within_the_check_s_time(
    bench: Bench, steps: list[Step], budget: float, draw: float
) -> None:
    script = Script(steps, min(budget, SELF_CHECK_SECONDS))
    tutor = GeminiTutor(bench.curriculum, bench.ready(script, budget, draw))
    hold_to_time(tutor.shortcomings, script)


# -- Text-to-Speech ----------------------------------------------------------------------------

_ERRORS: dict[str, type[google_errors.GoogleAPICallError]] = {
    "403": google_errors.PermissionDenied,
    "429": google_errors.ResourceExhausted,
    "503": google_errors.ServiceUnavailable,
    "504": google_errors.DeadlineExceeded,
}


class SpeechEnd:
    """What the adapter calls of its client, scripted."""

    def __init__(self, script: Script) -> None:
        self._script = script

    async def synthesize_speech(self, _: object, *, timeout: float, **__: object) -> Any:  # noqa: ASYNC109  # the client's
        """Fail to speak, as the script says."""
        await self._step(timeout)

    async def list_voices(self, *, timeout: float, **_: object) -> Any:  # noqa: ASYNC109  # as above
        """List the voices, or fail."""
        await self._step(timeout)
        voice = speech.Voice(name=VOICE_NAME, language_codes=["en-US"])
        return speech.ListVoicesResponse(voices=[voice])

    async def _step(self, told: float) -> None:
        step = await self._script.meet(told)
        if step.ends == "cut":
            raise OSError("cut")
        if step.ends in _ERRORS:
            details = [] if step.asked is None else [_retry_info(step.asked)]
            raise _ERRORS[step.ends]("no", details=details)


def _retry_info(seconds: float) -> RetryInfo:
    delay = Duration(seconds=int(seconds), nanos=int(seconds % 1 * 1e9))
    return RetryInfo(retry_delay=delay)


def voice_on(script: Script, budget: float, draw: float) -> GoogleVoice:
    choice = VoiceChoice((VOICE_NAME,), (), 165.0)
    voice = GoogleVoice(choice, budget, retries=Retries(draw=lambda: draw))
    voice._client = SpeechEnd(script)  # type: ignore[assignment]  # the client's own shape
    return voice


@given(steps=steps_of(*FAULTS, *FAULTS, "504", "403"), budget=BUDGETS, draw=DRAWS)
@example(steps=RETRIES, budget=30.0, draw=0.5)
@example(steps=[Step(0.1, "429", 40.0)], budget=30.0, draw=0.5)
@settings(max_examples=60, deadline=None)
def test_a_sentence_that_is_never_spoken_is_given_up_within_the_voice_s_time(
    steps: list[Step], budget: float, draw: float
) -> None:
    script = Script(steps, budget)
    voice = voice_on(script, budget, draw)
    hold_to_time(lambda: voice.speak("Forces come in pairs.", 150.0), script)


@given(steps=steps_of(*FAULTS, "504", "403", "answer"), budget=BUDGETS, draw=DRAWS)
@settings(max_examples=60, deadline=None)
def test_voices_are_listed_or_given_up_within_the_voice_s_time(
    steps: list[Step], budget: float, draw: float
) -> None:
    script = Script(steps, budget)
    hold_to_time(voice_on(script, budget, draw).shortcomings, script)
