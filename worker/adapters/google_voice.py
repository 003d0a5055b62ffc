"""Google's Text-to-Speech as a voice: sentence by sentence, over gRPC.

Its v1beta1 API is the one that tells when a mark is passed, so that the times of words are the
voice's own where it reads marks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
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
from worker.adapters.google_voice_choice import VoiceChoice, language_of, voice_of
from worker.adapters.google_voice_errors import translated_speech_errors
from worker.adapters.google_voice_request import (
    Script,
    read_speech,
    speech_request,
    write_script,
)
from worker.adapters.google_voice_self_check import lacks_of_voices, not_let_in
from worker.adapters.identity import identify
from worker.lessons.costs import BillableCall, Usage
from worker.lessons.errors import NarrationError
from worker.lessons.narration import SpokenSentence
from worker.ports import Shortcoming

PROVIDER = "google_voice"

SCOPE = "https://www.googleapis.com/auth/cloud-platform"

MODULES = (
    __name__,
    "worker.adapters.google_voice_request",
    "worker.adapters.speech_sound",
    "worker.lessons.spoken_text",
)
"""Our own modules that decide what is spoken, and what becomes of the sound."""


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

    async def shortcomings(self) -> Sequence[Shortcoming]:
        """Say which voices are not there, or do not speak the language that they are named for."""
        try:
            present = await self._list_voices()
        except AccessError as error:
            return [not_let_in(error)]
        return lacks_of_voices(self._choice, present)

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

    async def _list_voices(self) -> Mapping[str, frozenset[str]]:
        """Return every voice that the service has, and the languages that it speaks."""

        async def attempt(seconds: float) -> Mapping[str, frozenset[str]]:
            client = await self._open()
            with translated_speech_errors("list the voices"):
                response = await client.list_voices(timeout=seconds, retry=None)
            return {voice.name: frozenset(voice.language_codes) for voice in response.voices}

        budget = TimeBudget.starting_now(self._seconds)
        return await self._retries.call(attempt, budget)

    def _present(self, name: str, present: Mapping[str, frozenset[str]]) -> str:
        """Return a voice if the service has it, or the alternative that settings name."""
        speaking = self._choice.settled(name, present)
        if speaking is None:
            raise AccessError(
                f"Text-to-Speech has no voice {name}",
                "name one in WORKER_VOICE_NAMES that the API's list of voices has, or an "
                "alternative in WORKER_VOICE_ALTERNATIVES",
                404,
            )
        if speaking != name:
            structlog.get_logger().warning("voice_replaced", voice=name, by=speaking)
        return speaking

    def _voice_for(self, language: str) -> str:
        found = voice_of(language, self._names)
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
