"""What the voices tell before the first message: is every voice there, and does it speak?"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from importlib.metadata import distribution
from pathlib import Path

import pytest
from grpc import StatusCode

from tests.contracts.google_voices import opened
from tests.protocols import speech_server as api
from tests.protocols.speech_server import BRITISH, MARKED, PLAIN, SpeechServer, speech_server
from worker.adapters.call_retries import NotNowError
from worker.adapters.hibari_voice import HibariVoice
from worker.ports import Shortcoming


@pytest.fixture(scope="module")
async def serving() -> AsyncIterator[SpeechServer]:
    async with speech_server() as server:
        yield server


@pytest.fixture
def server(serving: SpeechServer) -> SpeechServer:
    """The server, with every voice and nothing scripted."""
    serving.reset()
    return serving


async def lacks(
    server: SpeechServer, *names: str, alternatives: tuple[str, ...] = ()
) -> list[Shortcoming]:
    async with opened(server, *names, alternatives=alternatives) as voice:
        return list(await voice.shortcomings())


async def test_voices_that_are_there_lack_nothing(server: SpeechServer) -> None:
    assert await lacks(server, MARKED, BRITISH) == []
    assert server.requests == [], "nothing is spoken, nothing is billed"


async def test_every_voice_that_is_gone_is_named_with_the_line_that_lists_others(
    server: SpeechServer,
) -> None:
    server.voices = [PLAIN]
    found = await lacks(server, MARKED, BRITISH)
    assert [one.message for one in found] == [
        f"Text-to-Speech has no voice {MARKED}",
        f"Text-to-Speech has no voice {BRITISH}",
    ]
    assert all(one.is_error and one.variable == "WORKER_VOICE_NAMES" for one in found)
    assert "voices?languageCode=en-GB" in found[1].mend
    assert "WORKER_VOICE_ALTERNATIVES" in found[1].mend


async def test_a_voice_whose_alternative_is_there_is_a_warning(server: SpeechServer) -> None:
    server.voices = [PLAIN]
    (lack,) = await lacks(server, MARKED, alternatives=(PLAIN,))
    assert not lack.is_error
    assert PLAIN in lack.consequence


async def test_an_alternative_that_is_gone_as_well_helps_nobody(server: SpeechServer) -> None:
    server.voices = [BRITISH]
    (lack,) = await lacks(server, MARKED, alternatives=(PLAIN,))
    assert lack.is_error
    assert "nor an alternative" in lack.message


async def test_a_voice_that_speaks_another_language_than_its_name_is_found(
    server: SpeechServer,
) -> None:
    server.languages[MARKED] = ["es-US"]
    (lack,) = await lacks(server, MARKED)
    assert lack.message == f"voice {MARKED} speaks es-US, not en-US"


async def test_without_a_voice_for_the_language_of_lessons_nothing_can_be_narrated(
    server: SpeechServer,
) -> None:
    server.voices = ["fr-FR-Neural2-A"]
    (lack,) = await lacks(server, "fr-FR-Neural2-A")
    assert "no voice is named for 'en'" in lack.message
    assert lack.is_error


@pytest.mark.parametrize(
    "code", [StatusCode.PERMISSION_DENIED, StatusCode.UNAUTHENTICATED, StatusCode.NOT_FOUND]
)
async def test_an_account_that_is_not_let_in_is_told_what_to_enable(
    server: SpeechServer, code: StatusCode
) -> None:
    server.list_faults = [api.fails(code)]
    (lack,) = await lacks(server, MARKED)
    assert code.name in lack.message
    assert lack.variable == "WORKER_VOICE"
    assert "gcloud services enable texttospeech.googleapis.com" in lack.mend


@pytest.mark.parametrize(
    "fault",
    [
        api.fails(StatusCode.RESOURCE_EXHAUSTED, 0.01),
        api.fails(StatusCode.UNAVAILABLE),
        api.fails(StatusCode.INTERNAL),
    ],
    ids=["RESOURCE_EXHAUSTED", "UNAVAILABLE", "INTERNAL"],
)
async def test_a_list_that_is_not_given_is_asked_for_again(
    server: SpeechServer, fault: api.Line
) -> None:
    server.list_faults = [fault]
    assert await lacks(server, MARKED) == []


async def test_a_service_that_does_not_answer_in_time_is_no_finding(server: SpeechServer) -> None:
    server.list_faults = [api.hangs] * 3
    async with opened(server, MARKED, seconds=0.4) as voice:
        with pytest.raises(NotNowError):
            await voice.shortcomings()


async def test_the_offline_voice_that_is_whole_lacks_nothing() -> None:
    assert await HibariVoice().shortcomings() == []


async def test_an_offline_voice_whose_file_is_gone_or_cut_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wheel's record beside half of what it brought, in front of the real one."""
    name = "hibari_tts-0.2.1.dist-info"
    record = (distribution("hibari-tts").read_text("RECORD") or "").splitlines()
    (tmp_path / name).mkdir()
    (tmp_path / name / "METADATA").write_text("Name: hibari-tts\nVersion: 0.2.1\n")
    kept = [one for one in record if one.startswith(("hibari/assets/hibari", "hibari/assets/voc"))]
    (tmp_path / name / "RECORD").write_text("\n".join(kept))
    (tmp_path / "hibari/assets").mkdir(parents=True)
    (tmp_path / "hibari/assets/vocab.json").write_text("{")
    monkeypatch.syspath_prepend(tmp_path)
    found = await HibariVoice().shortcomings()
    said = sorted(one.message for one in found)
    assert ["hibari.onnx is missing" in said[0], "vocab.json is missing" in said[1]] == [True, True]
    assert all("content-worker[offline-voice]" in one.mend for one in found)


async def test_an_offline_voice_that_is_not_installed_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    (lack,) = await HibariVoice().shortcomings()
    assert lack.message == "the offline voice cannot speak: hibari-tts is not installed"
    assert lack.variable == "WORKER_VOICE"
