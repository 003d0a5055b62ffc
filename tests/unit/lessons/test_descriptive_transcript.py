"""What is seen and what is said, in one text."""

from __future__ import annotations

from tests.unit.lessons.judged_lesson import good_evidence
from worker.lessons.descriptive_transcript import write_descriptive_transcript
from worker.lessons.timeline import Timeline


def transcript() -> tuple[str, Timeline]:
    evidence = good_evidence()
    assert evidence.timeline is not None
    return write_descriptive_transcript(evidence.storyboard, evidence.timeline), evidence.timeline


def test_all_that_is_said_and_all_that_is_seen_stands_in_it_once() -> None:
    text, timeline = transcript()
    for placed in timeline.scenes:
        assert text.count(f"## {placed.scene.title} (") == 1
        for sentence in placed.sentences:
            assert f" {sentence.text}\n" in text
        for bullet in placed.scene.bullets:
            assert f"[On the screen: {bullet.text}" in text
        if placed.scene.visual:
            assert f"[{placed.scene.visual.description}]" in text
        if placed.scene.display:
            assert f"[Shown large: {placed.scene.display}" in text
    for source in timeline.scenes[-1].scene.sources:
        assert text.count(source.credit) == 1


def test_what_is_seen_stands_before_the_sentence_that_it_comes_with() -> None:
    text, timeline = transcript()
    for placed in timeline.scenes:
        for bullet in placed.scene.bullets:
            spoken = placed.sentences[bullet.sentence_index].text
            seen = text.index(f"[On the screen: {bullet.text}")
            start = text.index(f"## {placed.scene.title} (")
            assert start < seen < text.index(spoken, start)
            assert spoken not in text[start:seen]


def test_scenes_come_in_the_order_of_the_lesson_and_sources_at_its_end() -> None:
    text, timeline = transcript()
    titles = [text.index(f"## {placed.scene.title} (") for placed in timeline.scenes]
    assert titles == sorted(titles)
    assert text.index("## Sources (") == titles[-1]
    assert "OpenStax Physics" in text[text.index("## Sources") :]
