"""The demo through the cloud adapters: Gemini writes, Google speaks, over real sockets.

A lesson to listen to, since pictures know no provider. Both servers speak the protocols of the
services; nothing here ran against Google itself.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import Finished, run_worker
from tests.protocols import gemini_server as gemini
from tests.protocols.curriculum_model import CurriculumModel, blocks_in
from tests.protocols.gemini_server import GeminiServer, gemini_server
from tests.protocols.speech_server import MARKED, SpeechServer, speech_server, words_of
from worker.curriculum.reader import load_curriculum

pytestmark = pytest.mark.acceptance

QUESTION = "Explain Newton's third law"


@pytest.fixture(scope="module")
async def writer() -> AsyncIterator[GeminiServer]:
    async with gemini_server(CurriculumModel(load_curriculum())) as server:
        yield server


@pytest.fixture(scope="module")
async def speaker() -> AsyncIterator[SpeechServer]:
    async with speech_server() as server:
        yield server


@pytest.fixture(scope="module")
def environ(writer: GeminiServer, speaker: SpeechServer) -> Mapping[str, str]:
    ours = ("WORKER_", "DATABASE_", "PUBSUB_", "GCS_", "GCP_", "GOOGLE_", "GEMINI_")
    bare = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return bare | {
        "WORKER_WRITER": "gemini",
        "GEMINI_API_KEY": gemini.KEY,
        "GOOGLE_GEMINI_BASE_URL": writer.url,
        "WORKER_VOICE": "google",
        "WORKER_VOICE_NAMES": MARKED,
        "WORKER_VOICE_ENDPOINT": speaker.endpoint,
    }


@dataclass(frozen=True, slots=True)
class Lesson:
    """What the demo left."""

    finished: Finished
    folder: Path

    @property
    def last_line(self) -> dict[str, Any]:
        """How it went."""
        said: dict[str, Any] = json.loads(self.finished.out.splitlines()[-1])
        return said

    @property
    def storyboard(self) -> dict[str, Any]:
        """What the lesson says and shows."""
        read: dict[str, Any] = json.loads((self.folder / "storyboard.json").read_text("utf-8"))
        return read

    @property
    def sentences(self) -> list[str]:
        """What the lesson says."""
        scenes = self.storyboard["scenes"]
        return [one["text"] for scene in scenes for one in scene["sentences"]]


@pytest.fixture(scope="module")
async def lesson(
    environ: Mapping[str, str],
    writer: GeminiServer,
    speaker: SpeechServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Lesson:
    """A lesson that was made although Gemini failed once on the way."""
    writer.script = [gemini.fails(503, "UNAVAILABLE")]
    folder = tmp_path_factory.mktemp("google") / "lesson"
    finished = await run_worker(
        *("demo", QUESTION, "--grade", "10", "--interest", "basketball"),
        *("--duration-seconds", "60", "--modality", "audio", "--out", str(folder), "--json"),
        environ=environ,
        seconds=170,
    )
    assert finished.exit_code == 0, finished.err
    assert speaker.requests
    return Lesson(finished, folder)


def test_the_lesson_is_whole(lesson: Lesson) -> None:
    assert lesson.last_line["status"] == "completed"
    assert 60 * 0.8 <= lesson.last_line["duration_seconds"] <= 60 * 1.2
    names = {file.name for file in lesson.folder.iterdir()}
    assert {"lesson.m4a", "captions.vtt", "transcript.md", "storyboard.json"} <= names


def test_gemini_understood_the_question_and_wrote_the_storyboard(
    lesson: Lesson, writer: GeminiServer
) -> None:
    assert lesson.storyboard["topic_id"] == "newtons-third-law"
    assert writer.calls[-1].method == "streamGenerateContent"
    blocks = [blocks_in(call.texts[0]) for call in writer.calls if call.texts]
    (student,) = [one["student"] for one in blocks if "student" in one]
    assert student["question"] == QUESTION


def test_google_spoke_every_sentence_once(lesson: Lesson, speaker: SpeechServer) -> None:
    spoken = [words_of(request) for request in speaker.requests]
    assert all(spoken.count(sentence) == 1 for sentence in set(lesson.sentences))


def test_the_captions_show_the_words_that_were_spoken(lesson: Lesson) -> None:
    captions = (lesson.folder / "captions.vtt").read_text("utf-8")
    shown = [line for line in captions.splitlines() if line and "-->" not in line]
    assert " ".join(shown).split()[-5:] == " ".join(lesson.sentences).split()[-5:]
