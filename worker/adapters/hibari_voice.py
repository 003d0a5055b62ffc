"""The offline voice: hibari, with the times of its own phonemes.

The voice's network decides how long each phoneme sounds before it makes any sound. Its graph
keeps those lengths to itself; we add them to its outputs, so that each word's time is what the
voice did, not an estimate from the text.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property, partial
from importlib.metadata import PackageNotFoundError, PackagePath, distribution
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from worker.adapters.cpu_time import run_charged
from worker.adapters.identity import identify
from worker.adapters.speech_sound import audible, share_out, to_pcm, within, without_clicks
from worker.lessons.costs import BillableCall, Usage
from worker.lessons.errors import NarrationError
from worker.lessons.narration import SpokenSentence, WordTiming
from worker.ports import Shortcoming

OWN_WORDS_PER_MINUTE = 198.0
"""The voice's own rate over the bundled curriculum, pauses between sentences left out.

Measured by `python benchmarks/measure_voice.py`.
"""

LANGUAGE = "en"

SEED = 7
"""The voice's noise component is drawn from this seed: the same text gives the same bytes."""

PAUSES = frozenset(';:,.!?—…"()“” ')
"""Symbols of the voice's alphabet that stand for a pause: no word sounds during them."""

ONE_SENTENCE = Usage(cpu_seconds=2.0)
"""More than the longest sentence takes on a slow core, the model's loading included."""

SILENT = -1

MAX_PHONEMES = 400
"""Longest sentence that the network reads in one go (hibari's own limit)."""

WHEEL, RUNTIME = "hibari-tts", "onnxruntime"

_DURATIONS = "/Clip_output_0"
"""Name of the tensor in hibari 0.2's graph that holds the length of each phoneme.

Its unit is 25 ms (600 samples); taken from each sentence, so that it cannot drift from it.
"""


@dataclass(frozen=True, slots=True)
class _ReadWord:
    """A word as the voice reads it, and how many symbols of its input it takes."""

    text: str
    phonemes: str


class HibariVoice:
    """Implements `worker.ports.Voice`; one thread speaks, the event loop goes on."""

    name = "hibari/heart"

    @cached_property
    def identity(self) -> str:
        """The digest of the model's wheel, its runtime and the modules that shape its sound."""
        modules = (__name__, "worker.adapters.speech_sound")
        return identify(self.name, ("hibari-tts", "onnxruntime", "numpy"), modules)

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="voice")
        self._model: _TimedHibari | None = None

    async def start(self) -> None:
        """Load network and lexicon (a second), so that the first sentence does not wait."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._load)

    async def close(self) -> None:
        """End the thread; a sentence that is being spoken is finished first."""
        await asyncio.to_thread(self._thread.shutdown)

    async def speak(
        self, text: str, words_per_minute: float, language: str = LANGUAGE
    ) -> SpokenSentence:
        """Speak one sentence in the voice's thread."""
        if language.partition("-")[0].lower() != LANGUAGE:
            raise NarrationError(f"the offline voice speaks English, not {language!r}")
        pace = words_per_minute / OWN_WORDS_PER_MINUTE
        call = BillableCall("hibari", "speak", ONE_SENTENCE)
        return await run_charged(call, partial(self._speak, text, pace), self._thread)

    async def shortcomings(self) -> Sequence[Shortcoming]:
        """Say whether the voice's packages and its files are there; loads nothing."""
        return await asyncio.to_thread(lambda: [*_missing()])

    def _load(self) -> _TimedHibari:
        if self._model is None:
            self._model = _TimedHibari()
        return self._model

    def _speak(self, text: str, pace: float) -> SpokenSentence:
        return self._load().speak(text, pace)


def _missing() -> Iterator[Shortcoming]:
    """Hold what is installed against what the voice's wheel brought: its network, its alphabet."""
    try:
        files = distribution(WHEEL).files or []
        distribution(RUNTIME)
    except PackageNotFoundError as error:
        yield _lack(f"{error.name} is not installed")
        return
    for file in files:
        if "assets" in file.parts and not _is_whole(file):
            yield _lack(f"its file {file} is missing or damaged")


def _is_whole(file: PackagePath) -> bool:
    path = Path(str(file.locate()))
    return path.is_file() and file.size in {None, path.stat().st_size}


def _lack(what: str) -> Shortcoming:
    return Shortcoming(
        variable="WORKER_VOICE",
        message=f"the offline voice cannot speak: {what}",
        consequence="no lesson can be narrated",
        mend="pip install --force-reinstall 'content-worker[offline-voice]'",
    )


class _TimedHibari:
    """The model with its phoneme lengths as one more output."""

    def __init__(self) -> None:
        # Unless told not to, its import starts an uploader of telemetry, makes an id for the
        # machine, and leaves a file beside the temporary ones (Privacy.md in its wheel).
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import onnxruntime  # noqa: PLC0415  # 0.3 s to import: only a worker that speaks pays it
        from hibari import SAMPLE_RATE, dsp  # noqa: PLC0415  # as above
        from hibari.g2p import G2P  # noqa: PLC0415  # as above
        from hibari.tts import ASSETS  # noqa: PLC0415  # as above
        from hibari.voices import DEFAULT, VOICES, voice_path  # noqa: PLC0415  # as above

        # Its own class `Hibari` would load the network a second time, without the lengths.
        graph = Path(voice_path(DEFAULT)).read_bytes() + _extra_output(_DURATIONS)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._network: Any = onnxruntime.InferenceSession(
            graph, options, providers=["CPUExecutionProvider"]
        )
        self._g2p: Any = G2P(british=VOICES[DEFAULT]["british"])
        alphabet = Path(ASSETS, "vocab.json").read_text(encoding="utf-8")
        self._alphabet: dict[str, int] = json.loads(alphabet)
        self._dsp: Any = dsp
        self._rate = int(SAMPLE_RATE)

    def speak(self, text: str, pace: float) -> SpokenSentence:
        read = list(self._read(text))
        symbols, owners = self._symbols(read)
        if all(owner == SILENT for owner in owners):
            raise NarrationError("the voice finds no word to speak in a sentence")
        if len(symbols) > MAX_PHONEMES:
            raise NarrationError(
                f"a sentence has {len(symbols)} sounds, the voice reads {MAX_PHONEMES} at most",
                "split the sentence",
            )
        spectrum = self._network.run(
            ["lh", "theta", "ln", "lr", "phi", "f0", _DURATIONS],
            {
                "ids": np.asarray([[0, *symbols, 0]], np.int64),
                "speed": np.asarray([pace], np.float32),
            },
        )
        parts = [output[0] for output in spectrum[:-1]]
        lengths = np.reshape(spectrum[-1], -1).astype(np.float64)
        wave = self._dsp.synth(*parts, np.random.default_rng(SEED))
        lengths *= len(wave) / self._rate / lengths.sum()
        spans = _word_spans(lengths, owners, len(read))
        first, last = audible(wave, self._rate)
        shift, longest = first / self._rate, (last - first) / self._rate
        # A sign that is not spoken may lie in the silence that was cut off.
        spans = [(within(a - shift, longest), within(b - shift, longest)) for a, b in spans]
        return SpokenSentence(
            text=text,
            pcm=to_pcm(without_clicks(wave[first:last], self._rate)),
            sample_rate=self._rate,
            words=tuple(_align(text.split(), read, spans)),
            timing="voice",
        )

    def _read(self, text: str) -> Iterator[_ReadWord]:
        """Yield the words as the voice reads them: numbers and signs written out."""
        from hibari.g2p import normalize  # noqa: PLC0415  # as in __init__

        g2p = self._g2p
        word, phonemes = "", ""
        for token in g2p.phonemize_tokens(g2p.tokenize(normalize(text))):
            word += token.text
            phonemes += token.phonemes or ""
            if token.whitespace:
                yield _ReadWord(word, phonemes)
                word, phonemes = "", ""
        if word:
            yield _ReadWord(word, phonemes)

    def _symbols(self, read: Sequence[_ReadWord]) -> tuple[list[int], list[int]]:
        """Return the network's input, and for each symbol its word, or SILENT for a pause."""
        symbols: list[int] = []
        owners: list[int] = []
        for index, word in enumerate(read):
            space = " " if index + 1 < len(read) else ""
            known = [
                (self._alphabet[sound], sound not in PAUSES)
                for sound in word.phonemes + space
                if sound in self._alphabet
            ]
            symbols += [symbol for symbol, _ in known]
            owners += [index if sounds else SILENT for _, sounds in known]
        return symbols, owners


def _extra_output(tensor: str) -> bytes:
    """Return bytes that, appended to a serialized ONNX model, make a tensor an output.

    Protocol buffers merge concatenated messages: this is a ModelProto whose field 7 (graph)
    holds only a field 12 (output) with field 1 (name), so nothing has to be parsed.
    """
    name = tensor.encode()
    value = b"\x0a" + bytes([len(name)]) + name
    graph = b"\x62" + bytes([len(value)]) + value
    return b"\x3a" + bytes([len(graph)]) + graph


def _word_spans(
    lengths: npt.NDArray[np.float64], owners: Sequence[int], count: int
) -> list[tuple[float, float]]:
    """Return start and end of each word that was read, in seconds.

    The first and the last of `lengths` belong to the silent marks around the sentence.
    """
    ends = np.cumsum(lengths)
    starts = ends - lengths
    spans = [(0.0, 0.0)] * count
    clock = float(starts[1])
    for word in range(count):
        mine = [index for index, owner in enumerate(owners) if owner == word]
        if mine:
            spans[word] = (float(starts[mine[0] + 1]), float(ends[mine[-1] + 1]))
            clock = spans[word][1]
        else:
            spans[word] = (clock, clock)
    return spans


def _align(
    written: Sequence[str], read: Sequence[_ReadWord], spans: Sequence[tuple[float, float]]
) -> Iterator[WordTiming]:
    """Give every written word its time.

    Where the voice reads a word as others ("10" as "ten"), the time of those others is shared
    out by the written words' lengths; its two ends stay exact.
    """
    matcher = SequenceMatcher(
        a=[word.lower() for word in written],
        b=[word.text.lower() for word in read],
        autojunk=False,
    )
    clock = 0.0
    for kind, a_from, a_to, b_from, b_to in matcher.get_opcodes():
        if kind == "insert":
            continue
        if kind == "equal":
            for word, (start, end) in zip(written[a_from:a_to], spans[b_from:b_to], strict=True):
                yield WordTiming(word, start, end)
                clock = end
            continue
        start = spans[b_from][0] if b_to > b_from else clock
        end = spans[b_to - 1][1] if b_to > b_from else clock
        yield from share_out(written[a_from:a_to], start, end)
        clock = end
