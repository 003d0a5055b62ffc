"""Charts and diagrams are sound when they are made, or every fault of them is named."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from tests.golden.gallery import (
    ANIMAL,
    ATOM,
    BARS,
    CHAIN,
    COMPARISON,
    EVENTS,
    NUMBERS,
    PLOT,
    VISUALS,
)
from worker.lessons.charts import Axis, Bar, CurvePoint, Jump, Mark
from worker.lessons.digest import digest_of
from worker.lessons.labelled_diagrams import AtomDiagram, AtomLabel, AtomPart, Structure
from worker.lessons.visual_parts import number_text
from worker.lessons.visuals import Visual

EVERY_VISUAL = pytest.mark.parametrize(
    "visual",
    [placed.scene.visual for placed in VISUALS.values() if placed.scene.visual is not None],
    ids=list(VISUALS),
)
NAN = float("nan")
TWO_BARS = BARS.bars[:2]
CURVE = PLOT.curves[0]

FAULTS: list[tuple[Callable[[], object], str]] = [
    (lambda: replace(BARS, bars=()), "1 to 6 can be shown, not 0"),
    (lambda: replace(BARS, bars=(*BARS.bars, *BARS.bars)), "not 8"),
    (lambda: replace(BARS, bars=(Bar("a", "A", NAN),)), "no value of zero or above"),
    (lambda: replace(BARS, bars=(Bar("a", "A", float("inf")),)), "no value of zero"),
    (lambda: replace(BARS, bars=(Bar("a", "A", -1),)), "no value of zero or above"),
    (lambda: replace(BARS, bars=(Bar("a", "A", 0),)), "no bar is longer than zero"),
    (lambda: replace(BARS, bars=(Bar("a", " ", 1),)), "a text with nothing in it"),
    (lambda: replace(BARS, bars=(TWO_BARS[0], TWO_BARS[0])), "'moon' occurs twice"),
    (lambda: replace(BARS, quantity=""), "a text with nothing in it"),
    (lambda: replace(PLOT, curves=()), "1 to 2 can be shown, not 0"),
    (lambda: replace(PLOT, curves=(replace(CURVE, function="x +"),)), "breaks off"),
    (lambda: replace(PLOT, curves=(replace(CURVE, label=r"\frac{1}"),)), "wants braces"),
    (lambda: replace(PLOT, curves=(replace(CURVE, function="x + 99"),), points=()), "nowhere"),
    (lambda: replace(PLOT, x_axis=Axis(4, -4, "x")), "x axis does not rise"),
    (lambda: replace(PLOT, y_axis=Axis(NAN, 4, "y")), "y axis does not rise"),
    (lambda: replace(PLOT, y_axis=Axis(0, 4, "")), "y axis has no label"),
    (lambda: replace(PLOT, y_axis=Axis(0, 4, r"\pi")), "holds a brace or a backslash"),
    (lambda: replace(PLOT, points=(CurvePoint("p", "bowl", 9, "far"),)), "outside the axes"),
    (lambda: replace(PLOT, points=(CurvePoint("p", "line", 1, "no"),)), "lies on no curve"),
    (lambda: replace(NUMBERS, low=6, high=6), "does not rise"),
    (lambda: replace(NUMBERS, step=0), "does not rise"),
    (lambda: replace(NUMBERS, step=0.01), "more than 40 ticks"),
    (lambda: replace(NUMBERS, denominator=50), "denominator is not from 1 to 12"),
    (lambda: replace(NUMBERS, marks=(), jumps=()), "nothing on the number line"),
    (lambda: replace(NUMBERS, marks=(Mark("a", 7, "seven"),)), "'a' lies off the line"),
    (lambda: replace(NUMBERS, jumps=(Jump("a", 1, 9, "+8"),)), "'a' lies off the line"),
    (lambda: replace(NUMBERS, jumps=(Jump("a", 1, 1, "+0"),)), "leads nowhere"),
    (
        lambda: replace(COMPARISON, left=replace(COMPARISON.left, facts=())),
        "1 to 4 can be shown, not 0",
    ),
    (
        lambda: replace(COMPARISON, left=replace(COMPARISON.left, facts=COMPARISON.left.facts[:1])),
        "more facts than the other",
    ),
    (lambda: replace(EVENTS, events=EVENTS.events[:1]), "2 to 5 can be shown, not 1"),
    (lambda: replace(CHAIN, steps=()), "2 to 6 can be shown, not 0"),
    (lambda: replace(ANIMAL, labels=()), "1 to 6 can be shown, not 0"),
    (
        lambda: replace(
            ANIMAL, labels=(replace(ANIMAL.labels[0], structure=Structure.CHLOROPLAST),)
        ),
        "an animal cell has no chloroplast",
    ),
    (
        lambda: replace(ANIMAL, labels=(ANIMAL.labels[0], replace(ANIMAL.labels[0], part_id="b"))),
        "the membrane is labelled twice",
    ),
    (lambda: replace(ATOM, protons=0), "1 to 20 protons"),
    (lambda: replace(ATOM, neutrons=99), "0 to 40 neutrons"),
    (lambda: replace(ATOM, electrons=99), "0 to 20 electrons"),
    (
        lambda: AtomDiagram(1, 0, 1, (AtomLabel("n", AtomPart.NEUTRON, "Neutron"),)),
        "a neutron is labelled, and there is none",
    ),
    (
        lambda: AtomDiagram(1, 0, 0, (AtomLabel("e", AtomPart.ELECTRON, "Electron"),)),
        "an electron or shell is labelled, and there is none",
    ),
]


@pytest.mark.parametrize(("make", "fault"), FAULTS, ids=[fault for _, fault in FAULTS])
def test_a_visual_that_cannot_be_drawn_is_refused_when_it_is_made(
    make: Callable[[], object], fault: str
) -> None:
    with pytest.raises(ValueError, match=fault):
        make()


@EVERY_VISUAL
def test_a_visual_is_a_key_that_crosses_a_process_border_and_a_checkpoint(visual: Visual) -> None:
    copy = pickle.loads(pickle.dumps(visual))  # noqa: S301 - our own bytes
    assert copy == visual
    assert hash(copy) == hash(visual)
    assert digest_of(copy) == digest_of(visual)
    reader: TypeAdapter[Visual] = TypeAdapter(Visual)
    assert reader.validate_json(reader.dump_json(visual)) == visual


@EVERY_VISUAL
def test_a_visual_names_its_parts_once_and_describes_itself(visual: Visual) -> None:
    assert len(set(visual.part_ids)) == len(visual.part_ids) > 0
    assert visual.description.endswith(".")


def test_descriptions_hold_the_numbers_that_are_drawn() -> None:
    assert BARS.description == (
        "Bar chart of Gravity. Moon: 1.6 N/kg; Mars: 3.7 N/kg; Earth: 9.8 N/kg; Jupiter: 24.8 N/kg."
    )
    assert "vertex at x 0, y \N{MINUS SIGN}4" in PLOT.description
    assert "a nucleus of 6 protons and 6 neutrons" in ATOM.description


def test_the_height_of_a_point_is_computed_from_its_curve() -> None:
    assert [PLOT.height_of(point) for point in PLOT.points] == [0, 0, -4]


def test_a_curve_ends_exactly_at_its_axes() -> None:
    (run,) = PLOT.samples(CURVE)
    assert run[0][1] == run[-1][1] == PLOT.y_axis.high
    assert run[0][0] == pytest.approx(-(12**0.5), abs=0.01)


def test_a_curve_is_broken_where_it_has_a_gap() -> None:
    pole = replace(PLOT, curves=(replace(CURVE, function="1/x"),), points=())
    assert len(pole.samples(pole.curves[0])) == 2


@pytest.mark.parametrize(
    ("protons", "shells"), [(1, (1,)), (6, (2, 4)), (11, (2, 8, 1)), (20, (2, 8, 8, 2))]
)
def test_electrons_fill_the_shells_from_within(protons: int, shells: tuple[int, ...]) -> None:
    labels = (AtomLabel("n", AtomPart.NUCLEUS, "Nucleus"),)
    assert AtomDiagram(protons, protons, protons, labels).shells == shells


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"),
        (-2.5, "\N{MINUS SIGN}2.5"),
        (0.1 + 0.2, "0.3"),
        (-0.0, "0"),
        (12345.0, "12,345"),
        (9999.0, "9999"),
        (0.000001, "0.000001"),
    ],
)
def test_a_number_is_printed_as_a_textbook_prints_it(value: float, text: str) -> None:
    assert number_text(value) == text
