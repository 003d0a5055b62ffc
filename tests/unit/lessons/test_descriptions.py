"""What a listener cannot see is told when it appears."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.lessons.small_lesson import SOURCES, lesson, place_scenes, scene, spoken
from worker.lessons.descriptions import descriptions, write_descriptions
from worker.lessons.narration import SceneNarration
from worker.lessons.sources_card import sources_card
from worker.lessons.storyboard import Sentence
from worker.lessons.timeline import LEAD_IN_SECONDS, Timeline
from worker.lessons.visuals import Direction, Force, ForceDiagram, PartCue, Thing

DIAGRAM = ForceDiagram(
    (Thing("ball", "Ball"),), (Force("push", "push <5 N", "ball", Direction.RIGHT, 5.0),)
)


def timeline(**changes: object) -> Timeline:
    said = spoken(("A", 0.2), ("push", 0.4), ("moves", 0.4), ("it", 0.2))
    board, narrations = lesson([[(said, 0.3)], [(said, 0.3)]])
    first, second = board.scenes
    scenes = (first, replace(second, **changes))  # type: ignore[arg-type]
    return place_scenes(replace(board, scenes=scenes), narrations)


def test_every_scene_tells_its_title_at_its_start() -> None:
    placed = timeline()
    told = [(one.start, one.end, one.text) for one in descriptions(placed)]
    assert told == [
        (scene.start, scene.end, f"Scene {number} of 2: {scene.scene.title}.")
        for number, scene in enumerate(placed.scenes, start=1)
    ]


def test_a_visual_is_described_when_its_first_part_is_named() -> None:
    placed = timeline(visual=DIAGRAM, part_cues=(PartCue("ball", 0, 3), PartCue("push", 0, 1)))
    last = descriptions(placed)[-1]
    assert last.text == DIAGRAM.description
    assert last.start == pytest.approx(placed.scenes[1].start + LEAD_IN_SECONDS + 0.2)


def test_the_sources_card_is_read_out_while_it_is_shown() -> None:
    placed = timeline()
    card = sources_card(SOURCES, [scene(1, Sentence("So.", ("physics", "primer")))])
    whole = placed.then(card, SceneNarration(card.scene_id, ()))
    title, credited = descriptions(whole)[-2:]
    assert title.text == "Scene 3 of 3: Sources."
    assert credited.text == "Physics, Forces (CC BY 4.0); A Primer (CC BY-SA 4.0)."
    assert (credited.start, credited.end) == (placed.seconds, whole.seconds)


def test_what_is_shown_large_is_told_when_it_is_shown() -> None:
    placed = timeline(display="F = ma")
    assert [one.text for one in descriptions(placed)][-1] == "Shown large: F = ma."


def test_the_file_numbers_its_cues_and_escapes_markup() -> None:
    written = write_descriptions(
        timeline(visual=DIAGRAM, part_cues=(PartCue("ball", 0, 0), PartCue("push", 0, 1)))
    )
    assert written.startswith("WEBVTT\n\n1\n00:00:00.000 --> ")
    assert "push &lt;5 N" in written
