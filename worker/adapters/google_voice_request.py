"""What Text-to-Speech is asked for a sentence, and how its answer becomes samples and times."""

from __future__ import annotations

import io
import re
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt
from google.cloud import texttospeech_v1beta1 as speech

from worker.adapters.call_retries import NotNowError
from worker.adapters.speech_sound import audible, share_out, to_pcm, within, without_clicks
from worker.lessons.errors import NarrationError
from worker.lessons.narration import SpokenSentence, WordTiming
from worker.lessons.spoken_text import SpokenWord, spoken_words

SAMPLE_RATE = 24_000
"""What Google's better voices speak at; every sentence of a lesson has one rate."""

MOST_BYTES = 5000
"""The longest input that Text-to-Speech takes, tags included."""

SLOWEST = 0.25
FASTEST = 2.0
"""Speaking rates that it takes."""

_FAMILIES_WITH_MARKS = re.compile(r"-(?:Standard|Wavenet|Neural2|News|Polyglot)-")
"""Voices that say when a mark is passed. Chirp, Journey and Studio voices read no marks."""

_END = "end"


@dataclass(frozen=True, slots=True)
class Script:
    """One sentence as it is sent.

    Attributes:
        words: Each written word, with what is spoken for it.
        ssml: With a mark before every word, or None for plain text.
    """

    text: str
    words: tuple[SpokenWord, ...]
    spoken: str
    ssml: str | None

    @property
    def billed_characters(self) -> int:
        """What Google bills: every character, tags included, marks left out."""
        if self.ssml is None:
            return len(self.spoken)
        return len(re.sub(r"<mark[^>]*/>", "", self.ssml))


def write_script(text: str, voice_name: str) -> Script:
    """Prepare a sentence for a voice.

    A sentence whose marks do not fit is sent without them.

    Raises:
        NarrationError: There is nothing to say, or more than one call takes.
    """
    words = spoken_words(text)
    spoken = " ".join(word.spoken for word in words if word.spoken)
    if not any(character.isalnum() for character in spoken):
        raise NarrationError("the voice finds no word to speak in a sentence")
    size = len(spoken.encode())
    if size > MOST_BYTES:
        raise NarrationError(
            f"a sentence has {size} bytes, Text-to-Speech takes {MOST_BYTES}", "split the sentence"
        )
    ssml = _with_marks(words) if _FAMILIES_WITH_MARKS.search(voice_name) else None
    if ssml is not None and len(ssml.encode()) > MOST_BYTES:
        ssml = None
    return Script(text, words, spoken, ssml)


def _with_marks(words: Sequence[SpokenWord]) -> str:
    marked = [
        f'<mark name="{number}"/>{escape(word.spoken)}'
        for number, word in enumerate(words)
        if word.spoken
    ]
    return f'<speak>{" ".join(marked)}<mark name="{_END}"/></speak>'


def speech_request(
    script: Script, voice_name: str, language: str, rate: float
) -> speech.SynthesizeSpeechRequest:
    """Return the call for a sentence.

    Args:
        script: The sentence.
        voice_name: As Google names it.
        language: The voice's own, as Google names it.
        rate: 1.0 is the voice's own speed.
    """
    marks = speech.SynthesizeSpeechRequest.TimepointType.SSML_MARK
    return speech.SynthesizeSpeechRequest(
        input=(
            speech.SynthesisInput(text=script.spoken)
            if script.ssml is None
            else speech.SynthesisInput(ssml=script.ssml)
        ),
        voice=speech.VoiceSelectionParams(language_code=language, name=voice_name),
        audio_config=speech.AudioConfig(
            audio_encoding=speech.AudioEncoding.LINEAR16,
            sample_rate_hertz=SAMPLE_RATE,
            speaking_rate=min(max(rate, SLOWEST), FASTEST),
        ),
        enable_time_pointing=[] if script.ssml is None else [marks],
    )


def read_speech(script: Script, response: speech.SynthesizeSpeechResponse) -> SpokenSentence:
    """Return a sentence as it was spoken: its silent ends cut off, its words with their times.

    Times come from the marks; where the voice passed over one, and where there are none, they
    are estimated between the first and the last sound, and the sentence says so.

    Raises:
        NotNowError: What came is no whole sound.
        NarrationError: It is silent.
    """
    sound = _samples(response.audio_content)
    first, last = audible(sound, SAMPLE_RATE)
    heard = (last - first) / SAMPLE_RATE
    begins, ends = _speech_within(sound[first:last])
    marks = {one.mark_name: one.time_seconds - first / SAMPLE_RATE for one in response.timepoints}
    words = _times_of_marks(script.words, marks, (begins, ends), heard)
    return SpokenSentence(
        text=script.text,
        pcm=to_pcm(without_clicks(sound[first:last], SAMPLE_RATE)),
        sample_rate=SAMPLE_RATE,
        words=words or _estimated(script.words, begins, ends),
        timing="voice" if words else "estimated",
    )


def _samples(audio: bytes) -> npt.NDArray[np.float64]:
    """Read LINEAR16: a WAV file, mono, at the rate that was asked for."""
    try:
        with wave.open(io.BytesIO(audio)) as sound:
            form = (sound.getnchannels(), sound.getsampwidth(), sound.getframerate())
            count, pcm = sound.getnframes(), sound.readframes(sound.getnframes())
    except (wave.Error, EOFError) as error:
        raise NotNowError("Text-to-Speech answered no sound") from error
    if form != (1, 2, SAMPLE_RATE):
        raise NotNowError(f"Text-to-Speech answered another sound than was asked for: {form}")
    if len(pcm) != 2 * count:
        raise NotNowError("Text-to-Speech answered half a sound")
    return np.frombuffer(pcm, "<i2").astype(np.float64) / 32768.0


def _speech_within(sound: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return when the first sound begins and the last one ends, in seconds."""
    loud = np.flatnonzero(np.abs(sound) > _LOUD)
    return float(loud[0]) / SAMPLE_RATE, float(loud[-1] + 1) / SAMPLE_RATE


_LOUD = 0.004
"""As for the silent ends (`speech_sound.AUDIBLE`), so that there is always something."""


def _times_of_marks(
    words: Sequence[SpokenWord],
    marks: Mapping[str, float],
    speech_span: tuple[float, float],
    heard: float,
) -> tuple[WordTiming, ...]:
    """Return the words' times from their marks; nothing where a mark is missing or runs back.

    A word ends where the next begins; the last one where the sound ends. A sign that is not
    spoken has no mark and takes no time.
    """
    begins = [marks.get(str(number)) for number, word in enumerate(words) if word.spoken]
    if None in begins or begins != sorted(begins, key=lambda one: one or 0.0):
        return ()
    times: list[WordTiming] = []
    clock = speech_span[1]
    for number in reversed(range(len(words))):
        word = words[number]
        start = within(marks[str(number)], heard) if word.spoken else clock
        start = min(start, clock)
        times.append(WordTiming(word.written, start, clock))
        clock = start
    return tuple(reversed(times))


def _estimated(words: Sequence[SpokenWord], begins: float, ends: float) -> tuple[WordTiming, ...]:
    """Share the time out by the letters that are spoken."""
    weights = [len(word.spoken) for word in words]
    written = [word.written for word in words]
    return tuple(share_out(written, begins, ends, weights))
