"""What one lesson made, the next one takes: a request repeated, and one with another interest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.integration.pipeline.conftest import MadeLesson, Workshop
from worker.adapters.hibari_voice import HibariVoice
from worker.lessons.trace import Tally
from worker.pipeline.lesson_cache import CONTENT_TYPE

MOST_OWN_SENTENCES = 4
"""The hook, and the three sentences of the longest analogy."""


@pytest.fixture(scope="module")
async def voice() -> AsyncIterator[HibariVoice]:
    """The voice that lessons have."""
    started = HibariVoice()
    await started.start()
    yield started
    await started.close()


@dataclass(slots=True)
class Shelf:
    """What the first lesson of this module left, for all tests: making it takes seconds.

    Attributes:
        entries: The cache's entries, by the names of their objects.
    """

    folder: Path
    lesson: MadeLesson | None = None
    entries: dict[str, Path] = field(default_factory=dict)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("shelf"))


@pytest.fixture
def workshop(workshop: Workshop, voice: HibariVoice) -> Workshop:
    """A worker with an empty cache and a voice that speaks."""
    workshop.tools = replace(workshop.tools, voice=voice)
    return workshop


@pytest.fixture
async def first(workshop: Workshop, shelf: Shelf) -> MadeLesson:
    """The first lesson; the workshop's bucket holds the cache that it left."""
    if shelf.lesson is None:
        workshop.folder = shelf.folder
        shelf.lesson = await workshop.make(await workshop.add())
        for name in [*await workshop.cached("narration"), *await workshop.cached("segments")]:
            entry = shelf.folder / name.replace("/", "-")
            await workshop.tools.objects.download(workshop.tools.bucket, name, entry)
            shelf.entries[name] = entry
    for name, entry in shelf.entries.items():
        await workshop.tools.objects.upload(workshop.tools.bucket, name, entry, CONTENT_TYPE)
    return shelf.lesson


async def test_every_sentence_and_every_segment_becomes_an_entry(
    workshop: Workshop, first: MadeLesson
) -> None:
    assert _counts(first.trace.sentences) == (0, _sounds(first))
    assert _sounds(first) >= len(_texts(first))
    assert _counts(first.trace.segments) == (0, _scenes(first))
    assert len(await workshop.cached("narration")) == _sounds(first)
    assert len(await workshop.cached("segments")) == _scenes(first)


async def test_the_same_lesson_is_made_of_entries_alone_and_is_the_same_to_the_byte(
    workshop: Workshop, first: MadeLesson
) -> None:
    """Asked for in other words: what a student writes is part of no key."""
    request_id = await workshop.add(
        "what does newtons third law say, please?", interest="I really love Basketball!"
    )
    again = await workshop.make(request_id)
    assert _counts(again.trace.sentences) == (_sounds(first), 0)
    assert _counts(again.trace.segments) == (_scenes(first), 0)
    assert again.packets("video") == first.packets("video")
    assert again.packets("audio") == first.packets("audio")
    assert len(await workshop.cached("segments")) == _scenes(first)


async def test_the_manifest_says_what_was_reused_and_what_that_saved(
    workshop: Workshop, first: MadeLesson
) -> None:
    again = await workshop.make(await workshop.add())
    assert first.manifest["reused"]["segments"] == {
        "reused": 0,
        "made": _scenes(first),
        "not_kept": 0,
        "seconds_saved": 0.0,
    }
    said = again.manifest["reused"]
    assert said["stages"] == []
    assert (said["segments"]["reused"], said["segments"]["made"]) == (_scenes(first), 0)
    assert said["segments"]["seconds_saved"] > 1
    assert (said["sentences"]["reused"], said["sentences"]["made"]) == (_sounds(first), 0)
    assert said["sentences"]["seconds_saved"] > 0.1


async def test_another_interest_takes_over_the_scenes_that_do_not_speak_of_it(
    workshop: Workshop, first: MadeLesson
) -> None:
    other = await workshop.make(await workshop.add(interest="music"))
    same = _same_scenes(first, other)
    assert 0 < same < _scenes(first)
    assert _counts(other.trace.segments) == (same, _scenes(first) - same)


async def test_another_interest_pays_for_its_own_sentences_alone_and_says_what_it_saved(
    workshop: Workshop, first: MadeLesson
) -> None:
    """The core of a topic at a grade is the same for all: it is spoken and drawn once."""
    other = await workshop.make(await workshop.add(interest="cooking"))
    core = _texts(first) & _texts(other)
    own = _texts(other) - core
    assert 1 <= len(own) <= MOST_OWN_SENTENCES
    reused, made = _counts(other.trace.sentences)
    # Its hook may be spoken once more and slower, with the core's sentences in it.
    slowed = len(other.storyboard["scenes"][0]["sentences"])
    assert reused >= len(core)
    assert len(own) <= made <= len(own) + slowed
    said = other.manifest["reused"]
    assert (said["sentences"]["reused"], said["sentences"]["made"]) == (reused, made)
    assert said["segments"]["reused"] == _same_scenes(first, other) > 0
    assert said["sentences"]["seconds_saved"] > 0
    assert said["segments"]["seconds_saved"] > 0


async def test_a_damaged_entry_and_another_one_s_are_made_anew(
    workshop: Workshop, first: MadeLesson
) -> None:
    await _damage(workshop)
    mended = await workshop.make(await workshop.add())
    assert _counts(mended.trace.segments) == (_scenes(first) - 1, 1)
    assert _counts(mended.trace.sentences) == (_sounds(first) - 1, 1)
    assert mended.packets("video") == first.packets("video")
    again = await workshop.make(await workshop.add())
    assert _counts(again.trace.segments) == (_scenes(first), 0)
    assert _counts(again.trace.sentences) == (_sounds(first), 0)


async def _damage(workshop: Workshop) -> None:
    """Cut a segment short, and put a sentence in another one's place."""
    tools = workshop.tools
    whole, damaged = workshop.folder / "whole", workshop.folder / "damaged"
    segment, *_ = await workshop.cached("segments")
    one, other, *_ = await workshop.cached("narration")
    await tools.objects.download(tools.bucket, segment, whole)
    await asyncio.to_thread(_copy_half, whole, damaged)
    await tools.objects.upload(tools.bucket, segment, damaged, CONTENT_TYPE)
    await tools.objects.download(tools.bucket, other, whole)
    await tools.objects.upload(tools.bucket, one, whole, CONTENT_TYPE)


def _copy_half(source: Path, target: Path) -> None:
    content = source.read_bytes()
    target.write_bytes(content[: len(content) // 2])


def _counts(tally: Tally) -> tuple[int, int]:
    assert tally.not_kept == 0
    return tally.reused, tally.made


def _scenes(lesson: MadeLesson) -> int:
    return len(lesson.storyboard["scenes"])


def _sounds(lesson: MadeLesson) -> int:
    """What the first lesson had spoken: its sentences, and again those of a hurried scene."""
    return lesson.trace.sentences.made


def _texts(lesson: MadeLesson) -> set[str]:
    scenes = lesson.storyboard["scenes"]
    return {sentence["text"] for scene in scenes for sentence in scene["sentences"]}


def _same_scenes(one: MadeLesson, other: MadeLesson) -> int:
    """Count the scenes that both lessons show alike, at the same place among as many."""
    pairs = zip(one.storyboard["scenes"], other.storyboard["scenes"], strict=True)
    return sum(first == second for first, second in pairs)
