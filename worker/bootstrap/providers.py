"""The writer, the voice and the embedder that the settings name; nothing stands in for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import aiohttp

from worker.adapters.curriculum_tutor import CurriculumTutor
from worker.adapters.google_voice_choice import VoiceChoice
from worker.adapters.hibari_voice import HibariVoice
from worker.curriculum.reader import load_curriculum
from worker.ports import Embedder, Tutor, Voice
from worker.settings import Settings

if TYPE_CHECKING:
    from worker.adapters.gemini_calls import GeminiAccess


class OpenedVoice(Voice, Protocol):
    """A voice that is held open."""

    async def start(self) -> None:
        """Make it ready to speak, and find out whether it can."""
        ...

    async def close(self) -> None:
        """Let go of what it holds."""
        ...


@runtime_checkable
class OnASession(Protocol):
    """Something that makes its calls on an HTTP session of ours."""

    def renew(self, session: aiohttp.ClientSession) -> None:
        """Make the calls from now on a fresh session."""
        ...


def open_voice(settings: Settings) -> OpenedVoice:
    """Build the voice that is configured; Google's client is imported for it alone (0.4 s)."""
    if settings.voice == "hibari":
        return HibariVoice()
    from worker.adapters.google_voice import GoogleVoice  # noqa: PLC0415  # above

    choice = VoiceChoice(
        settings.voice_names, settings.voice_alternatives, settings.voice_words_per_minute
    )
    return GoogleVoice(choice, settings.voice_call_seconds, settings.voice_endpoint)


def open_writer(
    settings: Settings, session: aiohttp.ClientSession
) -> tuple[Tutor, Embedder | None]:
    """Build the writer that is configured, and its embedder; the bundled writer brings none.

    It reads the curriculum, and blocks.

    Raises:
        CurriculumError: The bundled curriculum is faulty.
    """
    curriculum = load_curriculum()
    if settings.writer == "curriculum":
        return CurriculumTutor(curriculum), None
    from worker.adapters.gemini_calls import GeminiCalls  # noqa: PLC0415  # 0.7 s, Gemini's alone
    from worker.adapters.gemini_tutor import GeminiTutor  # noqa: PLC0415  # as above

    access, seconds = gemini_access(settings), settings.writer_call_seconds
    tutor = GeminiTutor(curriculum, GeminiCalls(access, settings.writer_model, seconds, session))
    return tutor, open_embedder(settings, session)


def open_embedder(settings: Settings, session: aiohttp.ClientSession) -> Embedder | None:
    """Build the embedder of the writer that is configured; the bundled writer brings none."""
    if settings.writer == "curriculum":
        return None
    from worker.adapters.gemini_calls import GeminiCalls  # noqa: PLC0415  # as in open_writer
    from worker.adapters.gemini_embedder import GeminiEmbedder  # noqa: PLC0415  # as above

    access, seconds = gemini_access(settings), settings.writer_call_seconds
    return GeminiEmbedder(GeminiCalls(access, settings.embedding_model, seconds, session))


def gemini_access(settings: Settings) -> GeminiAccess:
    """Say how the settings reach Gemini."""
    from worker.adapters.gemini_calls import GeminiAccess  # noqa: PLC0415  # as in open_writer

    if settings.is_on_vertex:
        return GeminiAccess(None, settings.project, settings.vertex_location, settings.vertex_url)
    key = settings.gemini_key.get_secret_value() if settings.gemini_key else None
    return GeminiAccess(key, base_url=settings.gemini_url)


def renewals_on_sessions(*clients: object) -> list[Callable[[aiohttp.ClientSession], None]]:
    """Return how those of some clients that work on a session of ours are given a fresh one."""
    return [client.renew for client in clients if isinstance(client, OnASession)]
