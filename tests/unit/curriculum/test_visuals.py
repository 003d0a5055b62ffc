"""What the visuals of bundled topics draw is what their examples compute and their voice says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.layout.conftest import speak
from tests.unit.layout.test_scenes import lay_out
from tests.unit.layout.test_visuals import diagram_faults
from worker.adapters.curriculum_writer import CurriculumWriter
from worker.curriculum.models import Topic, WorkedExample
from worker.curriculum.reader import load_curriculum
from worker.lessons.charts import BarChart, FunctionPlot, NumberLine
from worker.lessons.labelled_diagrams import AtomDiagram
from worker.lessons.narration import SceneNarration
from worker.lessons.timeline import Timeline
from worker.lessons.visuals import Visual

CURRICULUM = load_curriculum()
TOPICS = CURRICULUM.topics
EXAMPLES = [
    pytest.param(level.example, id=f"{topic.id}-{name}")
    for topic in TOPICS
    for name, level in (("basic", topic.basic), ("standard", topic.standard))
    if level.example.visual is not None
]
PLOTS = [
    pytest.param(one, id=topic.id)
    for topic in TOPICS
    for level in (topic.basic, topic.standard)
    for one in (level.visual, level.example.visual)
    if isinstance(one, FunctionPlot)
]
ILLUSTRATED = [
    topic
    for topic in TOPICS
    if any(level.visual or level.example.visual for level in (topic.basic, topic.standard))
]


def drawn_numbers(visual: Visual | None) -> Iterator[float]:
    """The quantities that a visual shows; ends of axes and zero say nothing of their own."""
    match visual:
        case BarChart():
            yield from (bar.value for bar in visual.bars)
        case NumberLine():
            yield from (mark.at for mark in visual.marks)
            for jump in visual.jumps:
                yield from (jump.start, jump.end)
        case AtomDiagram():
            yield from (visual.protons, visual.neutrons, visual.electrons)
        case FunctionPlot():
            yield from (point.x for point in visual.points if point.label.startswith("root"))


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_number_that_an_example_draws_is_given_or_computed_in_it(
    example: WorkedExample,
) -> None:
    computed = [step.result for step in example.steps if step.result is not None]
    known = [0.0, *example.given.values(), *computed]
    strange = [
        number
        for number in drawn_numbers(example.visual)
        if not any(number == pytest.approx(one) for one in known)
    ]
    assert strange == []


@pytest.mark.parametrize("plot", PLOTS)
def test_roots_lie_on_the_axis_and_a_vertex_is_an_extreme_point(plot: FunctionPlot) -> None:
    for point in plot.points:
        curve = next(one for one in plot.curves if one.part_id == point.on)
        heights = [y for run in plot.samples(curve) for _, y in run]
        if point.label.startswith("root"):
            assert plot.height_of(point) == pytest.approx(0.0, abs=1e-6)
        if point.label.startswith("vertex"):
            extremes = (min(heights), max(heights))
            assert any(plot.height_of(point) == pytest.approx(y, abs=1e-3) for y in extremes)


@pytest.mark.parametrize("topic", ILLUSTRATED, ids=lambda topic: topic.id)
@pytest.mark.parametrize("grade", [7, 10])
def test_the_visuals_of_a_topic_are_laid_out(topic: Topic, grade: int) -> None:
    """At the length that has all of them; the bench lays out the others, too."""
    grade = min(max(grade, topic.grades[0]), topic.grades[1])
    board = CurriculumWriter(CURRICULUM).write(topic.id, grade, None, 240)
    for scene in board.scenes:
        if scene.visual is not None:
            said = SceneNarration(scene.scene_id, tuple(map(speak, scene.sentences)))
            assert diagram_faults(lay_out(Timeline().then(scene, said).scenes[0])) == []


def test_every_topic_draws_something_and_most_kinds_of_visuals_are_used() -> None:
    visuals = [
        one
        for topic in TOPICS
        for level in (topic.basic, topic.standard)
        for one in (level.visual, level.example.visual)
        if one is not None
    ]
    assert [topic.id for topic in TOPICS if topic not in ILLUSTRATED] == []
    assert len({one.kind for one in visuals}) >= 9
