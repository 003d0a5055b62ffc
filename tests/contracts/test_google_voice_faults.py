"""What the Google voice makes of everything that can go wrong: one line for each fault."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from grpc import StatusCode
from structlog.testing import capture_logs

from tests.contracts.google_voices import opened
from tests.protocols import speech_server as api
from tests.protocols.speech_server import BRITISH, MARKED, PLAIN, SpeechServer, speech_server
from worker.adapters.call_retries import NotNowError
from worker.adapters.google_http import AccessError
from worker.adapters.google_voice import GoogleVoice
from worker.adapters.google_voice_choice import VoiceChoice
from worker.lessons.errors import NarrationError

PACE = 150.0
SENTENCE = "Xanthippe pushes the wall, and it pushes back."

NOT_NOW = [
    ("DEADLINE_EXCEEDED", api.fails(StatusCode.DEADLINE_EXCEEDED)),
    ("RESOURCE_EXHAUSTED", api.fails(StatusCode.RESOURCE_EXHAUSTED, 0.01)),
    ("INTERNAL", api.fails(StatusCode.INTERNAL)),
    ("UNAVAILABLE", api.fails(StatusCode.UNAVAILABLE)),
    ("UNKNOWN", api.fails(StatusCode.UNKNOWN)),
    ("ABORTED", api.fails(StatusCode.ABORTED)),
    ("half a sound", api.changes_sound(api.half)),
    ("no sound", api.changes_sound(lambda _: b"")),
    ("no WAV", api.changes_sound(lambda _: b"<html>Sorry</html>")),
    ("another rate", api.changes_sound(lambda sound: sound[:24] + b"\x80>\0\0" + sound[28:])),
]
"""Faults after which the same call is made again."""

REFUSALS = [
    ("INVALID_ARGUMENT", api.fails(StatusCode.INVALID_ARGUMENT), 400),
    ("UNAUTHENTICATED", api.fails(StatusCode.UNAUTHENTICATED), 401),
    ("PERMISSION_DENIED", api.fails(StatusCode.PERMISSION_DENIED), 403),
    ("NOT_FOUND", api.fails(StatusCode.NOT_FOUND), 404),
]
"""Answers that no retry changes."""


@pytest.fixture(scope="module")
async def serving() -> AsyncIterator[SpeechServer]:
    async with speech_server() as server:
        yield server


@pytest.fixture
def server(serving: SpeechServer) -> SpeechServer:
    serving.reset()
    return serving


@pytest.fixture
async def voice(server: SpeechServer) -> AsyncIterator[GoogleVoice]:
    async with opened(server, MARKED) as voice:
        yield voice


@pytest.mark.parametrize(
    "fault", [fault for _, fault in NOT_NOW], ids=[name for name, _ in NOT_NOW]
)
async def test_a_sentence_that_is_not_spoken_is_asked_for_again(
    voice: GoogleVoice, server: SpeechServer, fault: api.Line
) -> None:
    server.script = [fault]
    spoken = await voice.speak(SENTENCE, PACE)
    assert spoken.timing == "voice"
    first, second = server.requests
    assert first == second


@pytest.mark.parametrize(
    ("fault", "status"),
    [line[1:] for line in REFUSALS],
    ids=[line[0] for line in REFUSALS],
)
async def test_a_no_is_no_reason_to_ask_again(
    voice: GoogleVoice, server: SpeechServer, fault: api.Line, status: int
) -> None:
    server.script = [fault]
    with pytest.raises(AccessError) as caught:
        await voice.speak(SENTENCE, PACE)
    assert caught.value.status == status
    assert len(server.requests) == 1


async def test_a_service_that_stays_away_is_given_up_with_the_wait_that_it_asked_for(
    voice: GoogleVoice, server: SpeechServer
) -> None:
    server.script = [api.fails(StatusCode.RESOURCE_EXHAUSTED, 3600.5)]
    with pytest.raises(NotNowError, match="RESOURCE_EXHAUSTED") as caught:
        await voice.speak(SENTENCE, PACE)
    assert caught.value.wait_seconds == pytest.approx(3600.5)
    assert len(server.requests) == 1


async def test_a_call_that_hangs_ends_by_its_deadline_and_leaves_room_for_another(
    server: SpeechServer,
) -> None:
    server.script = [api.hangs]
    async with opened(server, MARKED, seconds=2.0) as voice:
        assert (await voice.speak(SENTENCE, PACE)).words
    # Half of the two seconds; gRPC rounds a deadline up when it writes it.
    assert server.seconds_left[0] < 1.5, "the service is told the deadline"


async def test_nobody_at_the_address_is_no_answer(nobody: str) -> None:
    choice = VoiceChoice((MARKED,), (), api.OWN_WORDS_PER_MINUTE)
    voice = GoogleVoice(choice, 0.5, f"http://{nobody}")
    with pytest.raises(NotNowError):
        await voice.start()
    await voice.close()


async def test_a_connection_that_is_cut_is_no_answer() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        choice = VoiceChoice((MARKED,), (), api.OWN_WORDS_PER_MINUTE)
        voice = GoogleVoice(choice, 0.5, f"http://127.0.0.1:{port}")
        with pytest.raises(NotNowError):
            await voice.speak(SENTENCE, PACE)
        await voice.close()


async def test_no_error_quotes_the_sentence(voice: GoogleVoice, server: SpeechServer) -> None:
    for fault in (StatusCode.INVALID_ARGUMENT, StatusCode.UNAVAILABLE):
        server.script = [api.fails(fault)] * 9
        with pytest.raises((AccessError, NotNowError)) as caught:
            await voice.speak(SENTENCE, PACE)
        assert "Xanthippe" not in repr((caught.value, caught.value.hint))


async def test_a_voice_that_passes_marks_over_has_its_times_estimated_and_says_so(
    voice: GoogleVoice, server: SpeechServer
) -> None:
    server.script = [api.passes_marks_over]
    spoken = await voice.speak(SENTENCE, PACE)
    assert spoken.timing == "estimated"
    assert [word.text for word in spoken.words] == SENTENCE.split()


async def test_times_are_the_voice_s_own_where_it_reads_marks_and_estimated_where_not(
    server: SpeechServer,
) -> None:
    timings = {}
    for name in (MARKED, PLAIN):
        async with opened(server, name) as voice:
            timings[name] = (await voice.speak(SENTENCE, PACE)).timing
    assert timings == {MARKED: "voice", PLAIN: "estimated"}


async def test_a_word_s_time_is_when_its_mark_is_passed(
    voice: GoogleVoice, server: SpeechServer
) -> None:
    spoken = await voice.speak("One two three.", PACE)
    word = 60.0 / PACE
    starts = [one.start for one in spoken.words]
    assert starts == pytest.approx([0.08, 0.08 + word, 0.08 + 2 * word], abs=0.01)
    assert server.requests[0].enable_time_pointing


async def test_what_is_spoken_is_in_words_and_what_is_timed_is_as_written(
    voice: GoogleVoice, server: SpeechServer
) -> None:
    spoken = await voice.speak("So F = 10 N & more.", PACE)
    assert [word.text for word in spoken.words] == ["So", "F", "=", "10", "N", "&", "more."]
    assert api.words_of(server.requests[0]).split() == (
        ["So", "F", "equals", "10", "newtons", "and", "more."]
    )
    silent = [one.text for one in spoken.words if one.start == one.end]
    assert silent == []


async def test_a_sentence_too_long_for_marks_is_sent_without_them(
    voice: GoogleVoice, server: SpeechServer
) -> None:
    spoken = await voice.speak("push " * 250, 300.0)
    assert spoken.timing == "estimated"
    assert not server.requests[0].input.ssml


async def test_a_sentence_too_long_for_the_service_is_refused_with_what_to_do(
    voice: GoogleVoice, server: SpeechServer
) -> None:
    with pytest.raises(NarrationError, match="takes 5000") as caught:
        await voice.speak("words " * 900, PACE)
    assert caught.value.hint == "split the sentence"
    assert server.requests == []


async def test_the_sound_is_asked_for_as_samples_at_one_rate(
    voice: GoogleVoice, server: SpeechServer
) -> None:
    spoken = await voice.speak(SENTENCE, PACE)
    config = server.requests[0].audio_config
    assert (config.audio_encoding.name, config.sample_rate_hertz) == ("LINEAR16", 24_000)
    assert config.speaking_rate == pytest.approx(PACE / api.OWN_WORDS_PER_MINUTE)
    assert spoken.sample_rate == 24_000


async def test_each_language_has_its_voice(server: SpeechServer) -> None:
    async with opened(server, MARKED, BRITISH) as voice:
        for language in ("en", "en-US", "en-GB", "en-AU"):
            await voice.speak("Look!", PACE, language)
        with pytest.raises(NarrationError, match="'fr'"):
            await voice.speak("Voilà!", PACE, "fr")
    asked = [request.voice.name for request in server.requests]
    assert asked == [MARKED, MARKED, BRITISH, MARKED]
    assert server.requests[2].voice.language_code == "en-GB"


async def test_a_voice_that_is_gone_gives_way_to_the_alternative_that_settings_name(
    server: SpeechServer,
) -> None:
    server.voices = [PLAIN]
    async with opened(server, MARKED, alternatives=(BRITISH, PLAIN)) as voice:
        before = voice.identity
        with capture_logs() as logs:
            await voice.start()
        assert voice.name == f"google/{PLAIN}", "reports name the voice that speaks"
        assert voice.identity != before
        await voice.speak("Look!", PACE)
    assert logs[0]["event"] == "voice_replaced"
    assert (logs[0]["voice"], logs[0]["by"]) == (MARKED, PLAIN)
    assert server.requests[0].voice.name == PLAIN


async def test_a_voice_that_is_gone_without_an_alternative_is_refused(
    server: SpeechServer,
) -> None:
    server.voices = [PLAIN]
    async with opened(server, MARKED) as voice:
        with pytest.raises(AccessError, match=MARKED) as caught:
            await voice.start()
    assert "WORKER_VOICE_ALTERNATIVES" in caught.value.hint
