"""Fourth stage: the voice speaks every sentence that it has not spoken before.

What it says decides whether a grade can follow: a scene that comes out too fast, longer breaths
included, is spoken once more and slower.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from worker.lessons.digest import digest_of
from worker.lessons.narration import (
    SceneNarration,
    SpokenSentence,
    pack_sentence,
    unpack_sentence,
)
from worker.lessons.pace import Pace, pace_at, slower_pace
from worker.lessons.storyboard import Scene, Storyboard
from worker.pipeline.cache_entry import FORMAT, EntryKind, EntryName
from worker.pipeline.tools import Errand, OnShare, Tools

PACKING = "1"
"""Part of every key: raise it when `pack_sentence` writes otherwise."""

OnScene = Callable[[SceneNarration], Awaitable[None]]
"""Takes the narration of the next scene of the storyboard, as soon as it exists."""


@dataclass(frozen=True, slots=True)
class NarrationCheckpoint:
    """Under which keys the cache holds the sentences of each scene, in their order."""

    sentence_keys: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class _Fresh:
    """A sentence that was spoken just now, in a file, for the cache to take."""

    name: EntryName
    file: Path
    made_seconds: float


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A sentence, from the voice (then it is fresh) or from the cache."""

    sentence: SpokenSentence
    key: str
    fresh: _Fresh | None = None


async def narrate(
    errand: Errand, storyboard: Storyboard, tools: Tools, on_scene: OnScene, on_share: OnShare
) -> NarrationCheckpoint | None:
    """Speak scene by scene, a scene's sentences at once as far as the permits go.

    Returns:
        The checkpoint; None if the cache did not take every sentence.
    """
    booth = _Booth(errand, tools, storyboard.grade_level, storyboard.language)
    keys, keeping = [], []
    async with asyncio.TaskGroup() as group:
        for number, scene in enumerate(storyboard.scenes, start=1):
            spoken, hurried = await booth.speak_scene(number, scene)
            keys.append(tuple(one.key for one in spoken))
            # The cache takes a scene while the next one is spoken; it holds files, not samples.
            fresh = [one.fresh for one in (*spoken, *hurried) if one.fresh is not None]
            keeping.append(group.create_task(booth.keep_scene(fresh)))
            sentences = tuple(one.sentence for one in spoken)
            await on_scene(SceneNarration(scene.scene_id, sentences))
            await on_share(number / len(storyboard.scenes))
    return NarrationCheckpoint(tuple(keys)) if all(task.result() for task in keeping) else None


def narration_name(text: str, rate: float, language: str, voice_identity: str) -> EntryName:
    """Return the name of a spoken sentence in the cache, from all that decides its sound."""
    key = digest_of(FORMAT, PACKING, text, rate, language, voice_identity)
    return EntryName(EntryKind.NARRATION, key)


@dataclass(frozen=True, slots=True)
class _Booth:
    """Where one lesson is spoken."""

    errand: Errand
    tools: Tools
    grade_level: int
    language: str

    async def speak_scene(self, number: int, scene: Scene) -> tuple[list[_Spoken], list[_Spoken]]:
        """Return the sentences of a scene in their order, and those that were too fast for it.

        The latter are kept like the others: when the scene is spoken again, they tell its pace.
        """
        spoken = await self._speak_all(scene, pace_at(self.grade_level), f"spoken-{number}")
        slower = slower_pace(scene, [one.sentence for one in spoken], self.grade_level)
        if slower is None:
            return spoken, []
        return await self._speak_all(scene, slower, f"slower-{number}"), spoken

    async def _speak_all(self, scene: Scene, pace: Pace, name: str) -> list[_Spoken]:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(
                    self._speak(one.text, pace(one.text), self.errand.folder / f"{name}-{index}")
                )
                for index, one in enumerate(scene.sentences, start=1)
            ]
        return [task.result() for task in tasks]

    async def _speak(self, text: str, rate: float, file: Path) -> _Spoken:
        name = narration_name(text, rate, self.language, self.tools.voice.identity)
        known = await self._take(name, text, file)
        if known is not None:
            return _Spoken(known, name.key)
        async with self.tools.permits.voice_calls:
            began = time.monotonic()
            sentence = await self.tools.voice.speak(text, rate, self.language)
            made_seconds = time.monotonic() - began
        self.errand.trace.sentences.made += 1
        await asyncio.to_thread(file.write_bytes, pack_sentence(sentence))
        return _Spoken(sentence, name.key, _Fresh(name, file, made_seconds))

    async def _take(self, name: EntryName, text: str, file: Path) -> SpokenSentence | None:
        """Take a sentence from the cache, if it is there and sound."""
        made_seconds = await self.tools.cache.fetch(name, file)
        if made_seconds is None:
            return None
        packed = await asyncio.to_thread(_read_and_remove, file)
        try:
            known = unpack_sentence(text, packed)
        except ValueError as error:
            await self.tools.cache.discard(name, str(error))
            return None
        self.errand.trace.sentences.count_reused(made_seconds)
        return known

    async def keep_scene(self, fresh: Sequence[_Fresh]) -> bool:
        """Give a scene's new sentences to the cache; tell whether it took them all."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._keep(one)) for one in fresh]
        taken = [task.result() for task in tasks]
        self.errand.trace.sentences.not_kept += taken.count(False)
        if any(taken):
            await self.errand.on_kept()
        return all(taken)

    async def _keep(self, one: _Fresh) -> bool:
        is_kept = await self.tools.cache.keep(one.name, one.file, one.made_seconds)
        await asyncio.to_thread(one.file.unlink)
        return is_kept


def _read_and_remove(file: Path) -> bytes:
    content = file.read_bytes()
    file.unlink()
    return content
