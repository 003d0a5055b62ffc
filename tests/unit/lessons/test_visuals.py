"""A visual is sound when it is made, or every fault of it is named."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

from worker.lessons.digest import digest_of
from worker.lessons.visuals import Direction, Equation, Equations, Force, ForceDiagram, Thing

CAR = Thing("car", "Car")
DRIVE = Force("drive", "5000 N", "car", Direction.RIGHT, 5000)
DRAG = Force("drag", "1400 N", "car", Direction.LEFT, 1400)
NET = Force("net", "3600 N", "car", Direction.RIGHT, 3600, is_net=True)


def test_a_diagram_names_its_parts_in_order() -> None:
    assert ForceDiagram((CAR,), (DRIVE, DRAG, NET)).part_ids == ("car", "drive", "drag", "net")


def test_a_diagram_is_a_key_that_crosses_a_process_border() -> None:
    one = ForceDiagram((CAR,), (DRIVE, DRAG))
    copy = pickle.loads(pickle.dumps(one))  # noqa: S301 - our own bytes
    assert copy == one
    assert hash(copy) == hash(one)
    assert digest_of(copy) == digest_of(one) != digest_of(replace(one, forces=(DRIVE,)))


@pytest.mark.parametrize(
    ("things", "forces", "fault"),
    [
        ((), (DRIVE,), "1 to 3 things, not 0"),
        (tuple(Thing(str(n), "x") for n in range(4)), (replace(DRIVE, on="0"),), "not 4"),
        ((CAR,), (), "at least one force"),
        ((CAR, CAR), (DRIVE,), "part 'car' occurs twice"),
        ((CAR,), (replace(DRIVE, part_id="car"),), "part 'car' occurs twice"),
        ((CAR,), (replace(DRIVE, on="bus"),), "acts on 'bus', which is no thing"),
        ((CAR,), (replace(DRIVE, strength=0),), "no strength above zero"),
        ((CAR,), (replace(DRIVE, strength=float("nan")),), "no strength above zero"),
        ((CAR,), (replace(DRIVE, strength=float("inf")),), "no strength above zero"),
        ((CAR,), (DRIVE, replace(DRIVE, part_id="two")), "share the right side of 'car'"),
        ((CAR,), (NET, replace(DRIVE, direction=Direction.DOWN)), "share the down side of 'car'"),
        ((CAR,), (replace(NET, direction=Direction.UP),), "points neither left nor right"),
    ],
)
def test_a_diagram_that_cannot_be_drawn_is_refused_when_it_is_made(
    things: tuple[Thing, ...], forces: tuple[Force, ...], fault: str
) -> None:
    with pytest.raises(ValueError, match=fault):
        ForceDiagram(things, forces)


@pytest.mark.parametrize(
    ("formulas", "fault"),
    [
        ((), "1 to 4 lines, not 0"),
        (("a",) * 5, "not 5"),
        (("a", r"\frac{1}"), "frac wants braces"),
        (("a }",), "closed that was not opened"),
    ],
)
def test_a_calculation_that_cannot_be_drawn_is_refused_when_it_is_made(
    formulas: tuple[str, ...], fault: str
) -> None:
    with pytest.raises(ValueError, match=fault):
        Equations(tuple(Equation(str(n), one, "x") for n, one in enumerate(formulas)))


def test_a_calculation_is_described_in_words() -> None:
    lines = (
        Equation("one", "a^2 = 9", "a squared is nine"),
        Equation("two", "a = 3", "a is three"),
    )
    assert Equations(lines).description == "Calculation: a squared is nine; a is three."
    assert digest_of(Equations(lines)) != digest_of(Equations(lines[:1]))


def test_all_faults_of_a_diagram_are_named_at_once() -> None:
    with pytest.raises(ValueError, match=r"no strength above zero; .* points neither"):
        ForceDiagram((CAR,), (replace(DRAG, strength=-1), replace(NET, direction=Direction.UP)))
