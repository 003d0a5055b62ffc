"""Google voices on a server of the tests' own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.protocols.speech_server import OWN_WORDS_PER_MINUTE, SpeechServer
from worker.adapters.call_retries import Retries
from worker.adapters.google_voice import GoogleVoice
from worker.adapters.google_voice_choice import VoiceChoice


@asynccontextmanager
async def opened(
    server: SpeechServer, *names: str, alternatives: tuple[str, ...] = (), seconds: float = 20.0
) -> AsyncIterator[GoogleVoice]:
    """Open voices that wait for nothing between their attempts."""
    choice = VoiceChoice(names, alternatives, OWN_WORDS_PER_MINUTE)
    retries = Retries(sleep=lambda _: asyncio.sleep(0))
    voice = GoogleVoice(choice, seconds, server.endpoint, retries)
    yield voice
    await voice.close()
