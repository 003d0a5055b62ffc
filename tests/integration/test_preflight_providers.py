"""The preflight over the providers that settings name: one report, each finding with its line."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import pytest
from grpc import StatusCode

from tests.protocols import gemini_server as gemini
from tests.protocols import speech_server as speech
from tests.unit.test_settings import CLOUD
from worker.boot_checks import CHECK_NAMES, Selection, Verdict, run_preflight
from worker.bootstrap import Resources, open_resources
from worker.settings import load_settings

PROVIDERS = frozenset({"writer", "embedder", "voice"})


@pytest.fixture(scope="module")
async def writing() -> AsyncIterator[gemini.GeminiServer]:
    async with gemini.gemini_server(lambda _: '{"ready": true}') as server:
        yield server


@pytest.fixture(scope="module")
async def speaking() -> AsyncIterator[speech.SpeechServer]:
    async with speech.speech_server() as server:
        yield server


@pytest.fixture
def writer(writing: gemini.GeminiServer) -> gemini.GeminiServer:
    writing.script, writing.calls = [], []
    return writing


@pytest.fixture
def speaker(speaking: speech.SpeechServer) -> speech.SpeechServer:
    speaking.reset()
    return speaking


@pytest.fixture(scope="module")
def environ(writing: gemini.GeminiServer, speaking: speech.SpeechServer) -> Mapping[str, str]:
    """Providers of the tests' own; nothing else of the platform is asked."""
    return CLOUD | {
        "PUBSUB_EMULATOR_HOST": "127.0.0.1:1",
        "STORAGE_EMULATOR_HOST": "http://127.0.0.1:1",
        "WORKER_WRITER": "gemini",
        "GEMINI_API_KEY": gemini.KEY,
        "GOOGLE_GEMINI_BASE_URL": writing.url,
        "WORKER_VOICE": "google",
        "WORKER_VOICE_NAMES": speech.MARKED,
        "WORKER_VOICE_ENDPOINT": speaking.endpoint,
    }


@pytest.fixture(scope="module")
async def sound(environ: Mapping[str, str]) -> AsyncIterator[Resources]:
    """A worker whose settings name what there is."""
    settings, _ = load_settings(environ)
    async with open_resources(settings) as resources:
        yield resources


GONE = {"WORKER_WRITER_MODEL": "gemini-gone", "WORKER_EMBEDDING_MODEL": "embedding-gone"}


@pytest.fixture(scope="module")
async def unsound(environ: Mapping[str, str]) -> AsyncIterator[Resources]:
    """One whose settings name models that are gone."""
    settings, _ = load_settings({**environ, **GONE})
    async with open_resources(settings) as resources:
        yield resources


async def verdict_of(resources: Resources, skip: frozenset[str] = frozenset()) -> Verdict:
    return await run_preflight(resources, (), Selection(only=PROVIDERS, skip=skip))


@pytest.mark.usefixtures("writer", "speaker")
async def test_providers_that_are_as_settings_say_pass(sound: Resources) -> None:
    verdict = await verdict_of(sound)
    assert verdict.passed, verdict.text


@pytest.mark.usefixtures("writer")
async def test_all_that_providers_lack_stands_in_one_report_by_setting(
    unsound: Resources, speaker: speech.SpeechServer
) -> None:
    speaker.voices = [speech.BRITISH]
    verdict = await verdict_of(unsound)
    assert verdict.has_errors
    for said in (*GONE.values(), *GONE, speech.MARKED, "WORKER_VOICE_NAMES"):
        assert said in verdict.text


@pytest.mark.usefixtures("writer", "speaker")
async def test_a_check_is_left_out_by_its_name(unsound: Resources) -> None:
    assert set(CHECK_NAMES) >= PROVIDERS
    verdict = await verdict_of(unsound, skip=frozenset({"writer", "embedder"}))
    assert verdict.passed, verdict.text
    assert "embedder: not asked for" in verdict.text


async def test_a_provider_that_does_not_answer_is_not_checked_and_the_others_are(
    sound: Resources, writer: gemini.GeminiServer, speaker: speech.SpeechServer
) -> None:
    away = gemini.fails(503, "UNAVAILABLE", wait="3600s")
    writer.script = [away] * 20
    speaker.list_faults = [speech.fails(StatusCode.PERMISSION_DENIED)]
    verdict = await verdict_of(sound)
    assert verdict.could_not_check
    assert "writer: could not" in verdict.text
    assert "gcloud services enable texttospeech.googleapis.com" in verdict.text
