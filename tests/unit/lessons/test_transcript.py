from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.lessons.small_lesson import place_scenes, scene, spoken, storyboard
from worker.lessons.narration import SceneNarration
from worker.lessons.sources_card import sources_card
from worker.lessons.storyboard import Sentence, Storyboard
from worker.lessons.transcript import write_transcript
from worker.lessons.visuals import Direction, Force, ForceDiagram, Thing


@pytest.fixture
def story() -> Storyboard:
    first = scene(
        1,
        Sentence("Forces come in pairs.", ("physics",)),
        Sentence("Each acts on the other.", ("primer", "physics")),
        title="Pairs",
    )
    second = scene(2, Sentence("Jump!"), title="Try it")
    return storyboard(replace(first, display="F = -F"), second)


def test_a_transcript_to_read_says_everything_with_its_sources(story: Storyboard) -> None:
    assert write_transcript(story) == (
        "# Forces & motion\n\n"
        "Say what a force does.\n\n"
        "## Pairs\n\n"
        "> F = -F\n\n"
        "Forces come in pairs. [1] Each acts on the other. [2] [1]\n\n"
        "## Try it\n\n"
        "Jump!\n\n"
        "## Sources\n\n"
        "1. Physics, Forces (CC BY 4.0)\n"
        "2. A Primer (CC BY-SA 4.0)\n"
    )


def test_a_transcript_describes_what_a_scene_draws() -> None:
    drawn = ForceDiagram(
        (Thing("car", "Car", "1200 kg"),),
        (
            Force("drive", "5000 N", "car", Direction.RIGHT, 5000),
            Force("net", "3600 N", "car", Direction.RIGHT, 3600, is_net=True),
        ),
    )
    written = write_transcript(storyboard(replace(scene(1, Sentence("It drives.")), visual=drawn)))
    assert (
        "*Force diagram of Car (1200 kg). 5000 N, a force on Car, points right; "
        "3600 N, the net force on Car, points right.*\n\nIt drives."
    ) in written


def test_a_transcript_of_a_video_says_when_each_scene_starts(story: Storyboard) -> None:
    long = spoken(("Forces", 30.0), ("pairs.", 31.9))
    narrations = (
        SceneNarration("scene-1", (long, spoken(("Each.", 1.0)))),
        SceneNarration("scene-2", (spoken(("Jump!", 1.0)),)),
    )
    written = write_transcript(story, place_scenes(story, narrations))
    assert "## Pairs (0:00)\n" in written
    assert "## Try it (1:04)\n" in written


def test_the_list_of_sources_has_the_time_of_their_card_and_stands_once(story: Storyboard) -> None:
    card = sources_card(story.sources, story.scenes)
    whole = replace(story, scenes=(*story.scenes, card))
    narrations = (
        SceneNarration("scene-1", (spoken(("Forces", 30.0)), spoken(("Each.", 1.0)))),
        SceneNarration("scene-2", (spoken(("Jump!", 28.0)),)),
        SceneNarration("sources", ()),
    )
    written = write_transcript(whole, place_scenes(whole, narrations))
    assert written.count("## Sources (1:02)\n\n1. Physics, Forces") == 1
    assert written.count("Sources") == 1
    assert write_transcript(whole) == write_transcript(story)


def test_a_sentence_on_a_source_that_the_storyboard_lacks_is_refused() -> None:
    story = storyboard(scene(1, Sentence("Jump!", ("hearsay",))))
    with pytest.raises(KeyError, match="hearsay"):
        write_transcript(story)
