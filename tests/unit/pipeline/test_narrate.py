"""The narration: spoken once, kept, taken up again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from tests.fakes.folder_store import FolderStore
from tests.fakes.object_names import object_names
from tests.fakes.scripted_tutor import ScriptedTutor
from tests.fakes.tone_voice import ToneVoice
from tests.unit.lessons.small_lesson import scene, storyboard
from tests.unit.pipeline.conftest import Kept, Shares
from worker.lessons.errors import DependencyUnavailableError, NarrationError
from worker.lessons.narration import SceneNarration, SpokenSentence
from worker.lessons.pace import words_per_minute
from worker.lessons.storyboard import Sentence, Storyboard
from worker.lessons.trace import Tally, Trace
from worker.pipeline.narrate import NarrationCheckpoint, narrate, narration_name
from worker.pipeline.tools import Errand, Tools


@dataclass(slots=True)
class Scenes:
    """Takes the narration of every scene as it comes."""

    taken: list[SceneNarration] = field(default_factory=list)

    async def __call__(self, narration: SceneNarration) -> None:
        """Note it."""
        self.taken.append(narration)


@dataclass(slots=True)
class Booth:
    """One request that narrates, again and again if a test says so."""

    errand: Errand
    tools: Tools
    shares: Shares
    scenes: Scenes = field(default_factory=Scenes)

    async def narrate(self, story: Storyboard) -> NarrationCheckpoint | None:
        """Narrate a storyboard with empty hands: only the bucket remembers."""
        self.scenes.taken.clear()
        self.errand = replace(self.errand, trace=Trace())
        return await narrate(self.errand, story, self.tools, self.scenes, self.shares)

    @property
    def tally(self) -> Tally:
        """What the last narration made and took."""
        return self.errand.trace.sentences


@pytest.fixture
def booth(errand: Errand, tools: Tools, shares: Shares) -> Booth:
    return Booth(errand, tools, shares)


@dataclass(slots=True)
class SlowVoice(ToneVoice):
    """A voice that takes turns, the first sentence longest, and counts who waits for it."""

    speaking: int = 0
    most: int = 0
    left: int = 20

    async def speak(
        self, text: str, words_per_minute: float, language: str = "en"
    ) -> SpokenSentence:
        """Let others run for some turns of the event loop first."""
        self.speaking += 1
        self.most = max(self.most, self.speaking)
        turns, self.left = self.left, max(0, self.left - 5)
        for _ in range(turns):
            await asyncio.sleep(0)
        self.speaking -= 1
        return await ToneVoice.speak(self, text, words_per_minute, language)


@dataclass(slots=True)
class HastyVoice(ToneVoice):
    """A voice that speaks faster than it is asked to, and notes what it is asked."""

    rates: list[float] = field(default_factory=list)

    async def speak(
        self, text: str, words_per_minute: float, language: str = "en"
    ) -> SpokenSentence:
        """Speak at one and a half times the rate."""
        self.rates.append(words_per_minute)
        return await ToneVoice.speak(self, text, 1.5 * words_per_minute, language)


@dataclass(slots=True)
class FailingStore(FolderStore):
    """A store that does not answer to some calls."""

    refuses: str = "upload"

    async def upload(self, *arguments: object) -> None:
        """Store, or not."""
        self._judge("upload")
        await FolderStore.upload(self, *arguments)  # type: ignore[arg-type]  # as they came

    async def download(self, *arguments: object) -> None:
        """Fetch, or not."""
        self._judge("download")
        await FolderStore.download(self, *arguments)  # type: ignore[arg-type]  # as they came

    def _judge(self, call: str) -> None:
        if self.refuses == call:
            raise DependencyUnavailableError("the store does not answer")


async def test_every_sentence_is_spoken_at_the_pace_of_the_grade(
    booth: Booth, tutor: ScriptedTutor
) -> None:
    await booth.narrate(tutor.storyboard)
    narrations = booth.scenes.taken
    assert [one.scene_id for one in narrations] == ["scene-1", "scene-2"]
    said = [[sentence.text for sentence in one.sentences] for one in narrations]
    assert said == [["Forces come in pairs.", "Look here."], ["Jump!"]]
    jump = narrations[1].sentences[0]
    assert jump.seconds == pytest.approx(60 / words_per_minute(8), abs=1e-4)


async def test_a_scene_that_is_too_fast_for_the_grade_is_spoken_once_more_and_slower(
    booth: Booth,
) -> None:
    voice = HastyVoice()
    booth.tools = replace(booth.tools, voice=voice)
    story = storyboard(scene(1, Sentence("Atoms attract electrons everywhere.", (), 3.2)))
    await booth.narrate(story)
    usual, slower = voice.rates
    assert slower < usual
    (narration,) = booth.scenes.taken
    assert narration.sentences[0].seconds == pytest.approx(4 * 60 / (1.5 * slower), abs=1e-3)


async def test_what_was_too_fast_is_kept_too_so_that_nothing_is_spoken_a_third_time(
    booth: Booth,
) -> None:
    voice = HastyVoice()
    booth.tools = replace(booth.tools, voice=voice)
    story = storyboard(scene(1, Sentence("Atoms attract electrons everywhere.", (), 3.2)))
    checkpoint = await booth.narrate(story)
    taken = list(booth.scenes.taken)
    assert await booth.narrate(story) == checkpoint
    assert booth.scenes.taken == taken
    assert len(voice.spoken) == 2
    assert (booth.tally.made, booth.tally.reused) == (0, 2)


async def test_sentences_keep_their_order_however_long_each_takes(booth: Booth) -> None:
    voice = SlowVoice()
    booth.tools = replace(booth.tools, voice=voice)
    texts = [f"Sentence {number}." for number in range(6)]
    await booth.narrate(storyboard(scene(1, *map(Sentence, texts))))
    (narration,) = booth.scenes.taken
    assert [sentence.text for sentence in narration.sentences] == texts


async def test_no_more_sentences_are_spoken_at_once_than_there_are_permits(booth: Booth) -> None:
    voice = SlowVoice()
    booth.tools = replace(booth.tools, voice=voice)
    sentences = (Sentence(f"Sentence {number}.") for number in range(6))
    await booth.narrate(storyboard(scene(1, *sentences)))
    assert voice.most == 2


async def test_the_share_of_scenes_that_are_spoken_is_told(
    booth: Booth, tutor: ScriptedTutor
) -> None:
    await booth.narrate(tutor.storyboard)
    assert booth.shares.heard == [0.5, 1.0]


async def test_a_sentence_that_cannot_be_spoken_ends_the_stage(booth: Booth) -> None:
    with pytest.RaisesGroup(NarrationError, flatten_subgroups=True):
        await booth.narrate(storyboard(scene(1, Sentence("Go."), Sentence("…"))))
    assert booth.shares.heard == []


async def test_what_was_spoken_once_is_taken_from_the_cache_to_the_sample(
    booth: Booth, tutor: ScriptedTutor, voice: ToneVoice
) -> None:
    first = await booth.narrate(tutor.storyboard)
    spoken = list(booth.scenes.taken)
    assert booth.tally.made == 3
    again = await booth.narrate(tutor.storyboard)
    assert booth.scenes.taken == spoken
    assert again == first
    assert len(voice.spoken) == 3
    assert (booth.tally.made, booth.tally.reused, booth.tally.not_kept) == (0, 3, 0)


async def test_the_checkpoint_names_the_entries_of_the_cache(
    booth: Booth, tutor: ScriptedTutor, objects: FolderStore
) -> None:
    checkpoint = await booth.narrate(tutor.storyboard)
    assert checkpoint is not None
    keys = [key for scene in checkpoint.sentence_keys for key in scene]
    assert [len(scene) for scene in checkpoint.sentence_keys] == [2, 1]
    assert await object_names(objects, "generated", "cache/") == sorted(
        f"cache/narration/{key}" for key in keys
    )


async def test_a_sentence_is_shared_by_lessons_and_scenes(booth: Booth, voice: ToneVoice) -> None:
    shared = Sentence("Forces come in pairs.")
    await booth.narrate(storyboard(scene(1, shared, Sentence("One."))))
    await booth.narrate(storyboard(scene(1, Sentence("Two.")), scene(2, shared)))
    assert sorted(voice.spoken) == sorted([shared.text, "One.", "Two."])


async def test_a_sentence_twice_in_a_scene_is_one_entry(booth: Booth, objects: FolderStore) -> None:
    await booth.narrate(storyboard(scene(1, Sentence("Go."), Sentence("Go."))))
    assert len(await object_names(objects, "generated", "cache/")) == 1
    assert len(booth.scenes.taken[0].sentences) == 2


@pytest.mark.parametrize(
    "damage",
    [lambda content: content[:-1], lambda content: content[:40], lambda content: content + b"x"],
    ids=["truncated", "a stump", "longer"],
)
async def test_an_entry_that_cannot_be_used_is_deleted_and_spoken_anew(
    booth: Booth, tutor: ScriptedTutor, objects: FolderStore, damage: object
) -> None:
    await booth.narrate(tutor.storyboard)
    sound = list(booth.scenes.taken)
    first = min((objects.root / "generated").iterdir())
    whole = first.read_bytes()
    first.write_bytes(damage(whole))  # type: ignore[operator]  # a function of bytes
    await booth.narrate(tutor.storyboard)
    assert (booth.tally.made, booth.tally.reused) == (1, 2)
    assert booth.scenes.taken == sound
    assert (
        first.read_bytes().partition(b"\n")[2].partition(b"\n")[2]
        == (whole.partition(b"\n")[2].partition(b"\n")[2])
    )


async def test_only_what_is_new_in_the_cache_is_progress(
    booth: Booth, tutor: ScriptedTutor, kept: Kept
) -> None:
    """Or else a request that kills its worker would never be found out."""
    await booth.narrate(tutor.storyboard)
    assert kept.times == 2, "once for each scene"
    await booth.narrate(tutor.storyboard)
    assert kept.times == 2


async def test_a_cache_that_takes_nothing_costs_the_lesson_nothing_but_its_checkpoint(
    booth: Booth, tutor: ScriptedTutor, kept: Kept
) -> None:
    store = FailingStore(booth.errand.folder / "objects", refuses="upload")
    booth.tools = replace(booth.tools, objects=store)
    assert await booth.narrate(tutor.storyboard) is None
    assert len(booth.scenes.taken) == 2
    assert (booth.tally.made, booth.tally.not_kept, kept.times) == (3, 3, 0)


async def test_a_cache_that_cannot_be_asked_is_the_store_that_publishing_needs(
    booth: Booth, voice: ToneVoice
) -> None:
    store = FailingStore(booth.errand.folder / "objects", refuses="download")
    booth.tools = replace(booth.tools, objects=store)
    with pytest.RaisesGroup(DependencyUnavailableError, flatten_subgroups=True):
        await booth.narrate(storyboard(scene(1, Sentence("Go."))))
    assert voice.spoken == []


async def test_no_file_is_left_in_the_request_s_folder(booth: Booth, tutor: ScriptedTutor) -> None:
    await booth.narrate(tutor.storyboard)
    await booth.narrate(tutor.storyboard)
    assert list(booth.errand.folder.iterdir()) == []


def test_a_key_is_made_from_text_pace_language_and_voice() -> None:
    names = {
        narration_name(text, rate, language, voice).key
        for text in ("Go.", "Go!")
        for rate in (122.0, 133.0)
        for language in ("en", "en-GB")
        for voice in ("a", "b")
    }
    assert len(names) == 16
