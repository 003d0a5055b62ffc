"""Fourth stage: the voice speaks every sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from worker.lessons.narration import SceneNarration, SpokenSentence
from worker.lessons.pace import words_per_minute
from worker.lessons.storyboard import Scene, Sentence, Storyboard
from worker.pipeline.tools import Tools

OnShare = Callable[[float], Awaitable[None]]
"""Hears the share (0-1) of a stage that is done."""


async def narrate(
    storyboard: Storyboard, tools: Tools, on_share: OnShare
) -> tuple[SceneNarration, ...]:
    """Speak all sentences, several at once as far as the permits go, and keep their order."""
    rate = words_per_minute(storyboard.grade_level)
    narrations = []
    for number, scene in enumerate(storyboard.scenes, start=1):
        narrations.append(await _narrate_scene(scene, tools, rate))
        await on_share(number / len(storyboard.scenes))
    return tuple(narrations)


async def _narrate_scene(scene: Scene, tools: Tools, rate: float) -> SceneNarration:
    async def speak(sentence: Sentence) -> SpokenSentence:
        async with tools.permits.voice_calls:
            return await tools.voice.speak(sentence.text, rate)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(speak(sentence)) for sentence in scene.sentences]
    return SceneNarration(scene.scene_id, tuple(task.result() for task in tasks))
