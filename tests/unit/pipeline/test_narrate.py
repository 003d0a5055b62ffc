from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import pytest

from tests.fakes.scripted_tutor import ScriptedTutor
from tests.fakes.tone_voice import ToneVoice
from tests.unit.lessons.small_lesson import scene, storyboard
from tests.unit.pipeline.conftest import Shares
from worker.lessons.errors import NarrationError
from worker.lessons.narration import SpokenSentence
from worker.lessons.pace import words_per_minute
from worker.lessons.storyboard import Sentence
from worker.pipeline.narrate import narrate
from worker.pipeline.tools import Tools


@dataclass(slots=True)
class SlowVoice(ToneVoice):
    """A voice that takes turns, the first sentence longest, and counts who waits for it."""

    speaking: int = 0
    most: int = 0
    left: int = 20

    async def speak(self, text: str, words_per_minute: float) -> SpokenSentence:
        """Let others run for some turns of the event loop first."""
        self.speaking += 1
        self.most = max(self.most, self.speaking)
        turns, self.left = self.left, max(0, self.left - 5)
        for _ in range(turns):
            await asyncio.sleep(0)
        self.speaking -= 1
        return await ToneVoice.speak(self, text, words_per_minute)


async def test_every_sentence_is_spoken_at_the_pace_of_the_grade(
    tutor: ScriptedTutor, tools: Tools, shares: Shares
) -> None:
    narrations = await narrate(tutor.storyboard, tools, shares)
    assert [one.scene_id for one in narrations] == ["scene-1", "scene-2"]
    said = [[sentence.text for sentence in one.sentences] for one in narrations]
    assert said == [["Forces come in pairs.", "Look here."], ["Jump!"]]
    jump = narrations[1].sentences[0]
    assert jump.seconds == pytest.approx(60 / words_per_minute(8), abs=1e-4)


async def test_sentences_keep_their_order_however_long_each_takes(
    tools: Tools, shares: Shares
) -> None:
    voice = SlowVoice()
    texts = [f"Sentence {number}." for number in range(6)]
    story = storyboard(scene(1, *map(Sentence, texts)))
    (narration,) = await narrate(story, replace(tools, voice=voice), shares)
    assert [sentence.text for sentence in narration.sentences] == texts
    assert voice.spoken != texts


async def test_no_more_sentences_are_spoken_at_once_than_there_are_permits(
    tools: Tools, shares: Shares
) -> None:
    voice = SlowVoice()
    story = storyboard(scene(1, *(Sentence(f"Sentence {number}.") for number in range(6))))
    await narrate(story, replace(tools, voice=voice), shares)
    assert voice.most == 2


async def test_the_share_of_scenes_that_are_spoken_is_told(
    tutor: ScriptedTutor, tools: Tools, shares: Shares
) -> None:
    await narrate(tutor.storyboard, tools, shares)
    assert shares.heard == [0.5, 1.0]


async def test_a_sentence_that_cannot_be_spoken_ends_the_stage(
    tools: Tools, shares: Shares
) -> None:
    story = storyboard(scene(1, Sentence("Go."), Sentence("…")))
    with pytest.RaisesGroup(NarrationError):
        await narrate(story, tools, shares)
    assert shares.heard == []
