"""The preflight over the providers that settings name: one report, each finding with its line."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import pytest
from grpc import StatusCode

from tests.platform import Platform
from tests.protocols import gemini_server as gemini
from tests.protocols import speech_server as speech
from worker.boot_checks import CHECK_NAMES, Selection, Verdict, run_preflight
from worker.bootstrap import open_resources
from worker.settings import load_settings

PROVIDERS = frozenset({"writer", "embedder", "voice"})


@pytest.fixture
async def writer() -> AsyncIterator[gemini.GeminiServer]:
    async with gemini.gemini_server(lambda _: '{"ready": true}') as server:
        yield server


@pytest.fixture
async def speaker() -> AsyncIterator[speech.SpeechServer]:
    async with speech.speech_server() as server:
        yield server


@pytest.fixture
def environ(
    platform: Platform, writer: gemini.GeminiServer, speaker: speech.SpeechServer
) -> Mapping[str, str]:
    return platform.environ | {
        "WORKER_WRITER": "gemini",
        "GEMINI_API_KEY": gemini.KEY,
        "GOOGLE_GEMINI_BASE_URL": writer.url,
        "WORKER_VOICE": "google",
        "WORKER_VOICE_NAMES": speech.MARKED,
        "WORKER_VOICE_ENDPOINT": speaker.endpoint,
    }


async def verdict_of(
    environ: Mapping[str, str], only: frozenset[str] = PROVIDERS, skip: frozenset[str] = frozenset()
) -> Verdict:
    settings, _ = load_settings(environ)
    async with open_resources(settings) as resources:
        return await run_preflight(resources, (), Selection(only=only, skip=skip))


async def test_providers_that_are_as_settings_say_pass(environ: Mapping[str, str]) -> None:
    verdict = await verdict_of(environ)
    assert verdict.passed, verdict.text


async def test_all_that_providers_lack_stands_in_one_report_by_setting(
    environ: Mapping[str, str], speaker: speech.SpeechServer
) -> None:
    wrong = {"WORKER_WRITER_MODEL": "gemini-gone", "WORKER_EMBEDDING_MODEL": "embedding-gone"}
    speaker.voices = [speech.BRITISH]
    verdict = await verdict_of({**environ, **wrong})
    assert verdict.has_errors
    for said in ("gemini-gone", "embedding-gone", speech.MARKED, "WORKER_VOICE_NAMES", *wrong):
        assert said in verdict.text


async def test_a_check_is_left_out_by_its_name(environ: Mapping[str, str]) -> None:
    assert set(CHECK_NAMES) >= PROVIDERS
    wrong = {**environ, "WORKER_EMBEDDING_MODEL": "embedding-gone"}
    verdict = await verdict_of(wrong, skip=frozenset({"embedder"}))
    assert verdict.passed, verdict.text
    assert "embedder: not asked for" in verdict.text


async def test_a_provider_that_does_not_answer_is_not_checked_and_the_others_are(
    environ: Mapping[str, str], writer: gemini.GeminiServer, speaker: speech.SpeechServer
) -> None:
    writer.script = [gemini.hangs] * 20
    speaker.list_faults = [speech.fails(StatusCode.PERMISSION_DENIED)]
    verdict = await verdict_of({**environ, "WORKER_WRITER_TIMEOUT": "0.5"})
    assert verdict.could_not_check
    assert "writer: could not" in verdict.text or "writer: no answer" in verdict.text
    assert "gcloud services enable texttospeech.googleapis.com" in verdict.text
