"""Requests whose writer is Gemini and whose voice is Google's: how they end, and what they pay."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from grpc import StatusCode
from structlog.testing import capture_logs

from tests.fakes.memory_ledger import MemoryLedger
from tests.integration.pipeline.conftest import Workshop
from tests.protocols import gemini_server as gemini
from tests.protocols import speech_server as speech
from tests.protocols.curriculum_model import CurriculumModel
from tests.protocols.gemini_server import GeminiServer, gemini_server
from tests.protocols.speech_server import (
    MARKED,
    OWN_WORDS_PER_MINUTE,
    SpeechServer,
    speech_server,
)
from worker.adapters.call_retries import Retries
from worker.adapters.gemini_calls import GeminiAccess, GeminiCalls
from worker.adapters.gemini_tutor import GeminiTutor
from worker.adapters.google_http import AccessError
from worker.adapters.google_voice import GoogleVoice
from worker.adapters.google_voice_choice import VoiceChoice
from worker.charges import Account, charged_to
from worker.curriculum.models import Curriculum
from worker.curriculum.reader import load_curriculum
from worker.lessons.safety.harm import Harm
from worker.lessons.safety.help_text import help_text
from worker.lessons.stage import Stage, Status
from worker.lessons.trace import Trace
from worker.pipeline.run_stages import LessonPipeline

TEXT: dict[str, Any] = {"requested_modalities": ["text"], "requested_duration_seconds": 60}
AUDIO: dict[str, Any] = {"requested_modalities": ["audio"], "requested_duration_seconds": 60}


@dataclass(slots=True)
class Cloud:
    """A workshop on cloud providers."""

    workshop: Workshop
    writer: GeminiServer
    speaker: SpeechServer
    ledger: MemoryLedger


@pytest.fixture(scope="module")
def curriculum() -> Curriculum:
    return load_curriculum()


@pytest.fixture
async def cloud(workshop: Workshop, curriculum: Curriculum) -> AsyncIterator[Cloud]:
    retries = Retries(sleep=lambda _: asyncio.sleep(0))
    async with (
        gemini_server(CurriculumModel(curriculum)) as writer,
        speech_server() as speaker,
        aiohttp.ClientSession() as session,
    ):
        access = GeminiAccess(gemini.KEY, base_url=writer.url)
        calls = GeminiCalls(access, gemini.WRITER, 60.0, session, retries)
        choice = VoiceChoice((MARKED,), (), OWN_WORDS_PER_MINUTE)
        voice = GoogleVoice(choice, 60.0, speaker.endpoint, retries)
        ledger = MemoryLedger()
        workshop.tools = replace(
            workshop.tools, tutor=GeminiTutor(curriculum, calls), voice=voice, ledger=ledger
        )
        yield Cloud(workshop, writer, speaker, ledger)
        await voice.close()


async def test_a_question_that_the_filters_stop_ends_as_unsafe_and_is_no_failure(
    cloud: Cloud,
) -> None:
    cloud.writer.script = [gemini.answers({"promptFeedback": {"blockReason": "SAFETY"}})]
    request_id = await cloud.workshop.add("what the filters alone know", **TEXT)
    made = await cloud.workshop.make(request_id)
    assert made.ending.status is Status.UNSAFE
    row = await cloud.workshop.platform.row(request_id)
    assert (row.status, row.error_class) == ("unsafe", None)
    assert row.help_text == made.ending.help_text == help_text(Harm.UNFIT, "en")
    assert len(cloud.writer.calls) == 1


async def test_a_student_in_need_is_answered_at_once_and_no_word_is_logged_or_sent(
    cloud: Cloud,
) -> None:
    with capture_logs() as logs:
        request_id = await cloud.workshop.add("Xanthippe, i want to die", **TEXT)
        made = await cloud.workshop.make(request_id)
    row = await cloud.workshop.platform.row(request_id)
    assert row.help_text == help_text(Harm.SELF_HARM, "en")
    (event,) = await cloud.workshop.platform.rows(
        "SELECT payload FROM outbox WHERE request_id = :id", id=request_id
    )
    assert json.loads(event.payload)["help_text"] == made.ending.help_text
    assert cloud.writer.calls == []
    assert "xanthippe" not in repr((logs, event.payload)).lower()


async def test_a_storyboard_that_the_filters_stop_ends_the_request_as_unsafe(
    cloud: Cloud,
) -> None:
    understood = json.dumps(
        {
            "outcome": "topic",
            "choices": [{"topic_id": "newtons-third-law", "question": "Explain it"}],
        }
    )
    cloud.writer.script = [gemini.says(understood), gemini.says("", "PROHIBITED_CONTENT")]
    made = await cloud.workshop.make(await cloud.workshop.add(**TEXT))
    assert made.ending.status is Status.UNSAFE
    assert made.ending.lesson is None


async def test_every_call_of_the_writer_is_charged_by_what_it_used_and_a_refused_one_costs_nothing(
    cloud: Cloud,
) -> None:
    cloud.writer.script = [gemini.fails(429, "RESOURCE_EXHAUSTED")]
    made = await cloud.workshop.make(await cloud.workshop.add(**TEXT))
    assert made.ending.status is Status.COMPLETED
    charged = [one for one in cloud.ledger.entries.values() if one.call.provider == "gemini"]
    assert [one.status for one in charged] == ["void", "settled", "settled"]
    assert [one.stage for one in charged] == [
        Stage.VALIDATE,
        Stage.VALIDATE,
        Stage.WRITE_STORYBOARD,
    ]
    assert {one.call.operation for one in charged} == {gemini.WRITER}
    for one in charged[1:]:
        assert one.used.tokens_in == 100
        assert 7 < one.used.tokens_out <= one.call.estimate.tokens_out
        assert one.call.estimate.tokens_in > 0


async def test_every_sentence_is_charged_by_its_characters_and_no_mark_is(cloud: Cloud) -> None:
    claimed = await cloud.workshop.claim(await cloud.workshop.add(**AUDIO))
    cloud.speaker.script = [
        speech.fails(StatusCode.RESOURCE_EXHAUSTED),
        speech.fails(StatusCode.UNAVAILABLE),
    ]
    with charged_to(Account(cloud.ledger, claimed.claim, Stage.NARRATE)):
        await cloud.workshop.tools.voice.speak("Two words.", 150.0)
    charged = list(cloud.ledger.entries.values())
    assert [one.status for one in charged] == ["void", "settled", "settled"]
    assert [one.is_assumed for one in charged] == [False, True, False], "it may have spoken"
    assert {(one.call.provider, one.call.operation) for one in charged} == {
        ("google_voice", MARKED)
    }
    assert charged[-1].used.characters == len("<speak>Two words.</speak>")


async def test_a_redelivery_takes_up_what_the_same_prompts_wrote_and_nothing_of_others(
    cloud: Cloud,
) -> None:
    request_id = await cloud.workshop.add(**AUDIO)
    await cut_off_while_speaking(cloud, request_id)
    assert len(cloud.writer.calls) == 2
    await cut_off_while_speaking(cloud, request_id)
    assert len(cloud.writer.calls) == 2, "nothing was asked again"
    cloud.workshop.tools.tutor.__dict__["identity"] = "the same tutor with another prompt"
    await cut_off_while_speaking(cloud, request_id)
    assert len(cloud.writer.calls) == 4


async def cut_off_while_speaking(cloud: Cloud, request_id: UUID) -> None:
    """Run a request up to its narration, with a claim that is over at once."""
    cloud.speaker.script = [speech.fails(StatusCode.PERMISSION_DENIED)] * 99
    claimed = await cloud.workshop.claim(request_id, lease_seconds=-1.0)
    with pytest.raises(ExceptionGroup) as caught:
        await LessonPipeline(cloud.workshop.tools).run(claimed, Trace())
    assert caught.group_contains(AccessError)
