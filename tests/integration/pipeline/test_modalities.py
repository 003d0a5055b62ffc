"""What each modality costs and holds: nobody pays for a voice or a picture that was not wanted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import av
from av.stream import Disposition

from tests.fakes.memory_ledger import MemoryLedger
from tests.fakes.tone_voice import ToneVoice
from tests.integration.pipeline.conftest import MadeLesson, Workshop
from worker.adapters.media_probe import probe_media
from worker.lessons.stage import Stage


def charges(workshop: Workshop) -> set[tuple[str, str]]:
    """Who was paid for what, by the rows of the ledger."""
    assert isinstance(workshop.tools.ledger, MemoryLedger)
    entries = workshop.tools.ledger.entries.values()
    return {(entry.call.provider, entry.call.operation) for entry in entries}


def stages_paid_for(workshop: Workshop) -> set[Stage]:
    assert isinstance(workshop.tools.ledger, MemoryLedger)
    return {entry.stage for entry in workshop.tools.ledger.entries.values()}


def listed(lesson: MadeLesson) -> Iterator[str]:
    """Hold every file that was published to what the manifest says of it."""
    for one in lesson.manifest["files"]:
        content = (lesson.folder / one["name"]).read_bytes()
        assert one["bytes"] == len(content) > 0
        assert one["sha256"] == hashlib.sha256(content).hexdigest()
        assert one["content_type"]
        yield one["name"]


async def test_a_page_to_read_pays_for_its_words_alone(workshop: Workshop) -> None:
    lesson = await workshop.make(await workshop.add(requested_modalities=["text"]))
    assert {"lesson.html", "lesson.md", "picture-1.svg"} <= set(listed(lesson))
    assert stages_paid_for(workshop) == {Stage.VALIDATE, Stage.WRITE_STORYBOARD, Stage.PUBLISH}
    assert "renderer" not in {provider for provider, _ in charges(workshop)}
    assert isinstance(workshop.tools.voice, ToneVoice)
    assert workshop.tools.voice.spoken == []


async def test_a_lesson_to_hear_is_an_audio_file_with_chapters_and_a_cover(
    workshop: Workshop,
) -> None:
    lesson = await workshop.make(await workshop.add(requested_modalities=["audio"]))
    names = set(listed(lesson))
    assert {"lesson.m4a", "captions.vtt", "chapters.vtt", "transcript.md", "poster.png"} <= names
    assert {"quiz.json", "citations.json"} <= names
    assert not names & {"lesson.mp4", "lesson.html", "descriptions.vtt", "render_plan.json"}
    assert {operation for provider, operation in charges(workshop) if provider == "renderer"} == {
        *("narration", "poster", "assemble", "measure"),
    }
    board = lesson.storyboard
    found = probe_media(lesson.folder / "lesson.m4a")
    assert (found.title, found.language, found.audio_codec) == (board["title"], "eng", "aac")
    assert [one.title for one in found.chapters] == [one["title"] for one in board["scenes"]]
    assert found.has_cover
    with av.open(str(lesson.folder / "lesson.m4a")) as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))
    assert abs(samples / found.audio_rate - found.facts.audio_seconds) < 0.1
    with av.open(str(lesson.folder / "lesson.m4a")) as container:
        (cover,) = container.streams.video
        assert cover.disposition & Disposition.attached_pic
        assert next(container.decode(cover)).width == 1920
