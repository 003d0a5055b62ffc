"""All interests share the core of a topic: what is not hook or analogy is the same, scene by scene.

So its sentences and its segments come from the cache, whoever asked first.
"""

from __future__ import annotations

import itertools

import pytest

from worker.adapters.curriculum_writer import CurriculumWriter
from worker.curriculum.models import Analogy, Topic
from worker.curriculum.reader import load_curriculum
from worker.lessons.storyboard import Scene, SceneKind, Storyboard

CURRICULUM = load_curriculum()
WRITER = CurriculumWriter(CURRICULUM)
SOME_TOPICS = CURRICULUM.topics[::4]
"""Another one is written the same way, and all of them take minutes."""


def written(topic: Topic, analogy: Analogy, seconds: int) -> Storyboard:
    label = CURRICULUM.interest(analogy.interest).label
    return WRITER.write(topic.id, topic.grades[1], label, seconds)


def said_by_all(board: Storyboard, analogy: Analogy) -> list[tuple[str, list[str]]]:
    """What the scenes say beside the hook and the analogy."""
    own = {analogy.hook, *(one.say for one in analogy.mapping)}
    return [
        (scene.scene_id, [one.text for one in scene.sentences if one.text not in own])
        for scene in board.scenes
    ]


def speaks_of_the_interest(scene: Scene, analogy: Analogy) -> bool:
    own = {analogy.hook, *(one.say for one in analogy.mapping)}
    return scene.kind is SceneKind.ANALOGY or any(one.text in own for one in scene.sentences)


@pytest.mark.parametrize("topic", SOME_TOPICS, ids=lambda topic: topic.id)
def test_two_interests_differ_in_the_hook_and_the_analogy_alone(topic: Topic) -> None:
    for seconds, (one, other) in zip(
        (60, 120, 180), itertools.pairwise(topic.analogies), strict=False
    ):
        first, second = written(topic, one, seconds), written(topic, other, seconds)
        assert said_by_all(first, one) == said_by_all(second, other)
        for mine, theirs in zip(first.scenes, second.scenes, strict=True):
            is_shared = not speaks_of_the_interest(mine, one)
            assert (mine == theirs) is is_shared, mine.scene_id


def test_the_shortest_and_the_longest_analogy_of_a_topic_leave_the_core_alone() -> None:
    topic = CURRICULUM.topic("newtons-third-law")
    lengths = {
        analogy.interest: len(analogy.hook.split())
        + sum(len(one.say.split()) for one in analogy.mapping)
        for analogy in topic.analogies
    }
    shortest, *_, longest = sorted(topic.analogies, key=lambda one: lengths[one.interest])
    assert lengths[shortest.interest] < lengths[longest.interest]
    boards = [written(topic, one, 120) for one in (shortest, longest)]
    cores = [
        [scene for scene in board.scenes if not speaks_of_the_interest(scene, analogy)]
        for board, analogy in zip(boards, (shortest, longest), strict=True)
    ]
    assert cores[0] == cores[1]
    assert len(cores[0]) >= 3
