"""What every voice keeps: the obligations of `worker.ports.Voice`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest

from tests.fakes.tone_voice import ToneVoice
from tests.protocols.speech_server import (
    MARKED,
    OWN_WORDS_PER_MINUTE,
    PLAIN,
    SpeechServer,
    speech_server,
)
from worker.adapters.google_voice import GoogleVoice
from worker.adapters.google_voice_choice import VoiceChoice
from worker.adapters.hibari_voice import HibariVoice
from worker.lessons.errors import NarrationError
from worker.lessons.narration import SpokenSentence
from worker.ports import Voice

PACE = 150.0
SENTENCE = "When one object pushes a second object, the second one pushes back."

SPEAKABLE = [
    "Look!",
    SENTENCE,
    "Newton's third law isn't hard; it's everywhere.",
    "It has 10 newtons, and 3.5 metres in 2 seconds.",
    "In 1687, 50% of $20 cost $10.",
    "So F equals m times a (really).",
    'She said: "Why does the well-known ball bounce?"',
    "Twenty-one — no, twenty-two … players, e.g. Dr. Smith.",
    "  Spaces   around\tand\nwithin  ",
    "The NBA's DNA and a pH of 7.",
    "Wait for it —",
    "Smile 🙂",
    "A naïve café, 日本 and 🙂 smile.",
]
MANY = [
    SENTENCE,
    "A force is a push or a pull.",
    "Think of a basketball player who jumps for the hoop.",
    "Her feet push the floor down, and the floor pushes her up with the same strength.",
    "Forces come in pairs, and the two forces of a pair act on different objects.",
    "Can you now say why a rocket flies in empty space?",
    "The acceleration depends on the force and on the mass.",
    "Pause, and think about it before you go on.",
]
UNSPEAKABLE = ["", "   ", "…", "— ! ?", '"()"']


@pytest.fixture(scope="module")
async def hibari() -> AsyncIterator[Voice]:
    voice = HibariVoice()
    await voice.start()
    yield voice
    await voice.close()


@pytest.fixture
def tone() -> Voice:
    return ToneVoice()


@pytest.fixture(scope="module")
async def speech() -> AsyncIterator[SpeechServer]:
    async with speech_server() as server:
        yield server


@pytest.fixture
async def google(speech: SpeechServer) -> AsyncIterator[Voice]:
    """A voice that says when it passes a mark."""
    async with google_voice(speech, MARKED) as voice:
        yield voice


@pytest.fixture
async def chirp(speech: SpeechServer) -> AsyncIterator[Voice]:
    """A voice that reads no marks."""
    async with google_voice(speech, PLAIN) as voice:
        yield voice


@asynccontextmanager
async def google_voice(speech: SpeechServer, name: str) -> AsyncIterator[Voice]:
    voice = GoogleVoice(VoiceChoice((name,), (), OWN_WORDS_PER_MINUTE), 20.0, speech.endpoint)
    await voice.start()
    yield voice
    await voice.close()


@pytest.fixture(params=["tone", "hibari", "google", "chirp"])
def voice(request: pytest.FixtureRequest) -> Voice:
    found: Voice = request.getfixturevalue(request.param)
    return found


def test_a_voice_has_a_name_to_report(voice: Voice) -> None:
    assert voice.name


def test_a_voice_has_an_identity_that_no_other_has(
    tone: Voice, hibari: Voice, google: Voice, chirp: Voice
) -> None:
    identities = {tone.identity, hibari.identity, google.identity, chirp.identity}
    assert all(identities)
    assert len(identities) == 4


@pytest.mark.parametrize("text", SPEAKABLE)
async def test_every_written_word_has_its_time_in_order_and_within_the_audio(
    voice: Voice, text: str
) -> None:
    spoken = await voice.speak(text, PACE)
    assert spoken.text == text
    assert [word.text for word in spoken.words] == text.split()
    assert spoken.words[0].start >= 0
    assert all(word.start <= word.end for word in spoken.words)
    assert all(one.end <= following.start + 1e-9 for one, following in pairwise(spoken.words))
    assert spoken.words[-1].end <= spoken.seconds + 1e-9


@pytest.mark.parametrize("text", [SENTENCE, "Look!"])
async def test_the_audio_is_as_long_as_its_words_and_a_short_margin(
    voice: Voice, text: str
) -> None:
    spoken = await voice.speak(text, PACE)
    assert (
        len(spoken.pcm) == 2 * spoken.sample_count == 2 * round(spoken.seconds * spoken.sample_rate)
    )
    assert spoken.words[0].start <= 0.25
    assert spoken.seconds - spoken.words[-1].end <= 0.25


async def test_the_audio_is_heard_where_the_words_are(voice: Voice) -> None:
    spoken = await voice.speak(SENTENCE, PACE)
    for word in spoken.words:
        if word.end - word.start > 0.05:
            assert loudest(spoken, word.start, word.end) > 500, word.text


async def test_a_voice_says_whether_its_times_are_its_own(voice: Voice) -> None:
    assert (await voice.speak(SENTENCE, PACE)).timing in {"voice", "estimated"}


async def test_the_same_text_at_the_same_pace_is_the_same_to_the_byte(voice: Voice) -> None:
    assert await voice.speak(SENTENCE, PACE) == await voice.speak(SENTENCE, PACE)


async def test_sentences_spoken_at_once_are_those_spoken_one_by_one(voice: Voice) -> None:
    texts = [SENTENCE, "Look!", "And again."]
    at_once = await asyncio.gather(*(voice.speak(text, PACE) for text in texts))
    assert at_once == [await voice.speak(text, PACE) for text in texts]


@pytest.mark.parametrize("pace", [125.0, 152.0])
async def test_a_voice_keeps_its_pace_on_average_over_many_sentences(
    voice: Voice, pace: float
) -> None:
    spoken = [await voice.speak(text, pace) for text in MANY]
    words = sum(len(one.words) for one in spoken)
    minutes = sum(one.seconds for one in spoken) / 60
    assert words / minutes == pytest.approx(pace, rel=0.12)


async def test_a_slower_pace_takes_longer(voice: Voice) -> None:
    slow, fast = [(await voice.speak(SENTENCE, pace)).seconds for pace in (110.0, 170.0)]
    assert slow > 1.3 * fast


@pytest.mark.parametrize("text", UNSPEAKABLE)
async def test_a_text_without_a_word_to_speak_is_refused(voice: Voice, text: str) -> None:
    with pytest.raises(NarrationError, match="no word"):
        await voice.speak(text, PACE)


async def test_a_voice_speaks_on_after_a_text_that_it_refused(voice: Voice) -> None:
    with pytest.raises(NarrationError):
        await voice.speak("…", PACE)
    assert (await voice.speak("Look!", PACE)).words


async def test_a_refusal_does_not_quote_the_text(voice: Voice) -> None:
    with pytest.raises(NarrationError) as caught:
        await voice.speak("«¿?»", PACE)
    assert not set("«¿»") & set(str(caught.value))


def loudest(spoken: SpokenSentence, start: float, end: float) -> int:
    """Return the largest amplitude between two times, of 32767."""
    first, last = (round(time * spoken.sample_rate) for time in (start, end))
    samples = memoryview(spoken.pcm).cast("h")[first:last]
    return max(abs(sample) for sample in samples)
