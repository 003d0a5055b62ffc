"""A server that speaks Text-to-Speech's gRPC API on loopback, and fails as a test tells it to.

Its voices hum one tone a word, with silence around the sentence as Google's have; those whose
family reads marks tell when they pass one. It refuses what the service refuses.
"""

from __future__ import annotations

import asyncio
import io
import re
import wave
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

import grpc
import numpy as np
import numpy.typing as npt
from google.cloud import texttospeech_v1beta1 as speech
from google.protobuf import any_pb2, duration_pb2, unknown_fields
from google.rpc import error_details_pb2, status_pb2
from grpc import aio

NAME = "google.cloud.texttospeech.v1beta1.TextToSpeech"
OWN_WORDS_PER_MINUTE = 165.0
SILENCE_SECONDS = 0.3
MARKED = "en-US-Neural2-F"
PLAIN = "en-US-Chirp3-HD-Aoede"
BRITISH = "en-GB-Neural2-A"

Request = speech.SynthesizeSpeechRequest
Response = speech.SynthesizeSpeechResponse
Context = Any
Line = Callable[["SpeechServer", Request, Context], Awaitable[Response]]


@dataclass(slots=True)
class SpeechServer:
    """The server, its script and what it was asked.

    Attributes:
        voices: Names of the voices that there are.
        languages: Of voices that speak others than their names say.
        script: One line a sentence, first to last; then all is well.
        list_faults: What becomes of calls that list the voices, first to last.
        requests: Every sentence that was asked for.
        stopped: Set at the end; a call that hangs waits for it.
    """

    voices: list[str] = field(default_factory=lambda: [MARKED, PLAIN, BRITISH])
    languages: dict[str, list[str]] = field(default_factory=dict)
    script: list[Line] = field(default_factory=list)
    list_faults: list[Line] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    seconds_left: list[float] = field(default_factory=list)
    endpoint: str = ""
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    def reset(self) -> None:
        """Have all voices again, and forget what was scripted and asked for."""
        self.voices, self.languages = [MARKED, PLAIN, BRITISH], {}
        self.script, self.list_faults = [], []
        self.requests, self.seconds_left = [], []

    async def synthesize(self, request: Request, context: Context) -> Response:
        """Speak a sentence, or fail by the script."""
        self.requests.append(request)
        self.seconds_left.append(context.time_remaining())
        if self.script:
            return await self.script.pop(0)(self, request, context)
        return await self.speak(request, context)

    async def speak(self, request: Request, context: Context) -> Response:
        """Speak a sentence as the service does, with what it refuses."""
        fault = fault_of(request, self.voices)
        if fault:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, fault)
        return hum(request)

    async def list_voices(self, _: speech.ListVoicesRequest, context: Context) -> Any:
        """List the voices, or fail by the script."""
        if self.list_faults:
            await self.list_faults.pop(0)(self, Request(), context)
        return speech.ListVoicesResponse(
            voices=[
                speech.Voice(name=name, language_codes=self.languages.get(name, [_prefix(name)]))
                for name in self.voices
            ]
        )


def _prefix(name: str) -> str:
    return "-".join(name.split("-")[:2])


def fault_of(request: Request, voices: list[str]) -> str:
    """Return what the service finds wrong with a request; empty where nothing is."""
    text = request.input.ssml or request.input.text
    voice, rate = request.voice, request.audio_config.speaking_rate
    checks = {
        "a field that the API has not": len(unknown_fields.UnknownFieldSet(Request.pb(request))),
        "longer than 5000 bytes": len(text.encode()) > 5000,
        "no such voice": voice.name not in voices,
        "the voice does not speak it": not voice.name.startswith(voice.language_code + "-"),
        "no such rate": not 0.25 <= rate <= 2.0,
        "not LINEAR16": request.audio_config.audio_encoding != speech.AudioEncoding.LINEAR16,
        "no text": not text.strip(),
        "no SSML": bool(request.input.ssml) and not _is_xml(request.input.ssml),
    }
    return "; ".join(name for name, is_wrong in checks.items() if is_wrong)


def _is_xml(text: str) -> bool:
    try:
        ET.fromstring(text)  # noqa: S314  # our own adapter's
    except ET.ParseError:
        return False
    return True


def hum(request: Request) -> Response:
    """Hum every word of a request, and time its marks."""
    rate = request.audio_config.sample_rate_hertz
    seconds = 60.0 / OWN_WORDS_PER_MINUTE / request.audio_config.speaking_rate
    silence = np.zeros(round(SILENCE_SECONDS * rate), "<i2")
    sounds, count, points = [silence], len(silence), []
    for mark, words in _marked(request.input):
        if mark is not None and request.enable_time_pointing:
            points.append(speech.Timepoint(mark_name=mark, time_seconds=count / rate))
        for word in words.split():
            sounds.append(_tone(180 + 20 * (len(word) % 9), round(seconds * rate), rate))
            count += len(sounds[-1])
    return Response(
        audio_content=_wav(np.concatenate([*sounds, silence]), rate),
        timepoints=points,
        audio_config=speech.AudioConfig(audio_encoding=request.audio_config.audio_encoding),
    )


def _marked(spoken: speech.SynthesisInput) -> list[tuple[str | None, str]]:
    if not spoken.ssml:
        return [(None, spoken.text)]
    root = ET.fromstring(spoken.ssml)  # noqa: S314  # as above
    return [(None, root.text or ""), *((one.get("name"), one.tail or "") for one in root)]


def _tone(hertz: int, count: int, rate: int) -> npt.NDArray[np.int16]:
    turns = 2 * np.pi * hertz / rate * (np.arange(count) + 1)
    wave_form: npt.NDArray[np.int16] = np.round(9000 * np.sin(turns)).astype("<i2")
    return wave_form


def _wav(samples: npt.NDArray[np.int16], rate: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(samples.tobytes())
    return file.getvalue()


# -- lines of a script -------------------------------------------------------------------------


def fails(code: grpc.StatusCode, wait_seconds: float = 0.0) -> Line:
    """Answer with an error, and with how long to wait."""

    async def line(_: SpeechServer, request: Request, context: Context) -> Response:
        said = f"no: {request.input.ssml or request.input.text}"
        trailers = _retry_info(code, said, wait_seconds) if wait_seconds else ()
        await context.abort(code, said, trailers)
        raise AssertionError

    return line


def _retry_info(code: grpc.StatusCode, said: str, seconds: float) -> tuple[tuple[str, bytes], ...]:
    delay = duration_pb2.Duration(seconds=int(seconds), nanos=round(seconds % 1 * 1e9))
    packed = any_pb2.Any()
    packed.Pack(error_details_pb2.RetryInfo(retry_delay=delay))
    status = status_pb2.Status(code=code.value[0], message=said, details=[packed])
    return (("grpc-status-details-bin", status.SerializeToString()),)


async def hangs(server: SpeechServer, request: Request, _: Context) -> Response:
    """Never answer in time."""
    await server.stopped.wait()
    return hum(request)


def changes_sound(change: Callable[[bytes], bytes]) -> Line:
    """Answer with another sound than was made."""

    async def line(_: SpeechServer, request: Request, __: Context) -> Response:
        response = hum(request)
        response.audio_content = change(response.audio_content)
        return response

    return line


def half(sound: bytes) -> bytes:
    """Return half a sound, whose header promises the whole."""
    return sound[: len(sound) // 2]


async def passes_marks_over(_: SpeechServer, request: Request, __: Context) -> Response:
    """Speak, and time every second mark only, as some voices do."""
    response = hum(request)
    response.timepoints = list(response.timepoints)[::2]
    return response


def words_of(request: Request) -> str:
    """Return what is spoken, without the marks."""
    if request.input.text:
        return str(request.input.text)
    return re.sub(r"<[^>]*>", "", str(request.input.ssml))


@asynccontextmanager
async def speech_server() -> AsyncIterator[SpeechServer]:
    """Serve until the end of the block."""
    speaking = SpeechServer()
    handlers = {
        "SynthesizeSpeech": grpc.unary_unary_rpc_method_handler(
            speaking.synthesize,
            request_deserializer=Request.deserialize,
            response_serializer=Response.serialize,
        ),
        "ListVoices": grpc.unary_unary_rpc_method_handler(
            speaking.list_voices,
            request_deserializer=speech.ListVoicesRequest.deserialize,
            response_serializer=speech.ListVoicesResponse.serialize,
        ),
    }
    server = aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(NAME, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    speaking.endpoint = f"http://127.0.0.1:{port}"
    try:
        yield speaking
    finally:
        speaking.stopped.set()
        await server.stop(None)
