from __future__ import annotations

from tests.unit.lessons.small_lesson import place_scenes, scene, spoken, storyboard
from worker.lessons.chapters import write_chapters
from worker.lessons.narration import SceneNarration
from worker.lessons.storyboard import Sentence

SAID = Sentence("Go.", pause_after=0.0)


def test_every_scene_is_a_chapter_from_its_first_frame_to_the_next_scene() -> None:
    story = storyboard(scene(1, SAID, title="Push"), scene(2, SAID, title="Pull"))
    narrations = tuple(
        SceneNarration(one.scene_id, (spoken(("Go.", 0.9)),)) for one in story.scenes
    )
    assert write_chapters(place_scenes(story, narrations)) == (
        "WEBVTT\n\n"
        "1\n00:00:00.000 --> 00:00:02.000\nPush\n\n"
        "2\n00:00:02.000 --> 00:00:04.000\nPull\n"
    )


def test_markup_in_a_title_is_escaped() -> None:
    story = storyboard(scene(1, SAID, title="Is a < b & c --> d?"))
    narrations = (SceneNarration("scene-1", (spoken(("Go.", 0.9)),)),)
    assert "\nIs a &lt; b &amp; c --&gt; d?\n" in write_chapters(place_scenes(story, narrations))
