"""Google's Text-to-Speech as a voice: sentence by sentence, over gRPC.

Its v1beta1 API is the one that tells when a mark is passed, so that the times of words are the
voice's own where it reads marks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import google.auth
import structlog
from google.api_core.client_options import ClientOptions
from google.auth.exceptions import DefaultCredentialsError
from google.cloud import texttospeech_v1beta1 as speech
from google.cloud.texttospeech_v1beta1.services.text_to_speech.transports import (
    TextToSpeechGrpcAsyncIOTransport,
)
from grpc import aio

from worker.adapters.call_retries import RETRIES, Retries, TimeBudget
from worker.adapters.charged_calls import charged_attempt
from worker.adapters.google_http import AccessError
from worker.adapters.google_voice_errors import translated_speech_errors
from worker.adapters.google_voice_request import (
    Script,
    read_speech,
    speech_request,
    write_script,
)
from worker.adapters.identity import identify
from worker.lessons.costs import BillableCall, Usage
from worker.lessons.errors import NarrationError
from worker.lessons.narration import SpokenSentence

PROVIDER = "google_voice"

SCOPE = "https://www.googleapis.com/auth/cloud-platform"

MODULES = (
    __name__,
    "worker.adapters.google_voice_request",
    "worker.adapters.speech_sound",
    "worker.lessons.spoken_text",
)
"""Our own modules that decide what is spoken, and what becomes of the sound."""


@dataclass(frozen=True, slots=True)
class VoiceChoice:
    """Which voices speak.

    Attributes:
        names: As Google names them, one for each language: `en-US-Neural2-F`.
        alternatives: Voices that speak instead of those that the service does not have.
        words_per_minute: Their rate at speed 1.
    """

    names: tuple[str, ...]
    alternatives: tuple[str, ...]
    words_per_minute: float


class GoogleVoice:
    """Implements `worker.ports.Voice`.

    Args:
        choice: Which voices speak.
        seconds: For one sentence, retries included.
        endpoint: Another address than Google's; one that begins with ``http://`` is spoken to
            without TLS and credentials.
        retries: How calls are made again.
    """

    def __init__(
        self,
        choice: VoiceChoice,
        seconds: float,
        endpoint: str | None = None,
        retries: Retries = RETRIES,
    ) -> None:
        self._choice = choice
        self._names = choice.names
        self._seconds = seconds
        self._endpoint = endpoint
        self._retries = retries
        self._opening = asyncio.Lock()
        self._client: speech.TextToSpeechAsyncClient | None = None

    @property
    def name(self) -> str:
        """The voices that speak: since `start`, those that the service has."""
        return f"google/{'+'.join(self._names)}"

    @property
    def identity(self) -> str:
        """The digest of the voices, their rate, and the modules that shape their sound.

        What the service itself changes about a voice has no version that it tells.
        """
        rate = f"{self._choice.words_per_minute:g}"
        return identify(f"{self.name}@{rate}", ("google-cloud-texttospeech", "numpy"), MODULES)

    async def start(self) -> None:
        """Ask which voices there are, and settle on those that speak until the end.

        Raises:
            AccessError: The service has neither a voice that is named nor its alternative.
            DependencyUnavailableError: It does not answer.
        """
        present = await self._list_voices()
        self._names = tuple(self._present(name, present) for name in self._choice.names)

    async def close(self) -> None:
        """Close the channel."""
        client, self._client = self._client, None
        if client is not None:
            await client.transport.close()  # type: ignore[no-untyped-call]  # its stubs are half

    async def speak(
        self, text: str, words_per_minute: float, language: str = "en"
    ) -> SpokenSentence:
        """Speak one sentence, again where the service does not answer, within the time limit."""
        name = self._voice_for(language)
        script = write_script(text, name)
        rate = words_per_minute / self._choice.words_per_minute
        request = speech_request(script, name, language_of(name), rate)
        attempt = partial(self._speak_once, script, request)
        budget = TimeBudget.starting_now(self._seconds)
        return await self._retries.call(attempt, budget)

    async def _speak_once(
        self, script: Script, request: speech.SynthesizeSpeechRequest, seconds: float
    ) -> SpokenSentence:
        client = await self._open()
        used = Usage(characters=script.billed_characters)
        async with charged_attempt(BillableCall(PROVIDER, request.voice.name, used)) as charge:
            with translated_speech_errors("speak a sentence"):
                response = await client.synthesize_speech(request, timeout=seconds, retry=None)
            charge.settle(used)
        return await asyncio.to_thread(read_speech, script, response)

    async def _list_voices(self) -> frozenset[str]:
        async def attempt(seconds: float) -> frozenset[str]:
            client = await self._open()
            with translated_speech_errors("list the voices"):
                response = await client.list_voices(timeout=seconds, retry=None)
            return frozenset(voice.name for voice in response.voices)

        budget = TimeBudget.starting_now(self._seconds)
        return await self._retries.call(attempt, budget)

    def _present(self, name: str, present: frozenset[str]) -> str:
        """Return a voice if the service has it, or the alternative that settings name."""
        if name in present:
            return name
        stand_in = _of_language(language_of(name), self._choice.alternatives)
        if stand_in is None or stand_in not in present:
            raise AccessError(
                f"Text-to-Speech has no voice {name}",
                "name one in WORKER_VOICE_NAMES that `gcloud ml speech` or the API's voices list "
                "has, or an alternative in WORKER_VOICE_ALTERNATIVES",
                404,
            )
        structlog.get_logger().warning("voice_replaced", voice=name, by=stand_in)
        return stand_in

    def _voice_for(self, language: str) -> str:
        found = _of_language(language, self._names)
        if found is None:
            raise NarrationError(
                f"no voice is named for the language {language!r}", "name one in WORKER_VOICE_NAMES"
            )
        return found

    async def _open(self) -> speech.TextToSpeechAsyncClient:
        async with self._opening:
            if self._client is None:
                self._client = await self._connect()
            return self._client

    async def _connect(self) -> speech.TextToSpeechAsyncClient:
        """Open a channel; only the credentials may block, and are looked for in a thread."""
        if self._endpoint is not None and self._endpoint.startswith("http://"):
            channel = aio.insecure_channel(self._endpoint.removeprefix("http://").rstrip("/"))
            transport = TextToSpeechGrpcAsyncIOTransport(channel=channel)
            return speech.TextToSpeechAsyncClient(transport=transport)
        try:
            credentials, _ = await asyncio.to_thread(google.auth.default, scopes=[SCOPE])
        except DefaultCredentialsError as error:
            raise AccessError(
                "there are no credentials for Text-to-Speech",
                "give the workload a service account, or set GOOGLE_APPLICATION_CREDENTIALS",
                401,
            ) from error
        options = ClientOptions(api_endpoint=self._endpoint) if self._endpoint else None
        return speech.TextToSpeechAsyncClient(credentials=credentials, client_options=options)


def language_of(voice_name: str) -> str:
    """Return the language that a voice's name begins with: `en-US-Neural2-F` speaks `en-US`."""
    return "-".join(voice_name.split("-")[:2])


def _of_language(language: str, names: Iterable[str]) -> str | None:
    """Return the voice of a language: the very one, or else the first of the same tongue."""
    names = tuple(names)
    wanted = language.lower()
    exact = (name for name in names if language_of(name).lower() == wanted)
    tongue = wanted.partition("-")[0]
    near = (name for name in names if name.lower().partition("-")[0] == tongue)
    return next(exact, None) or next(near, None)
