"""Digests: one for equal values in every process, another for whatever differs."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.lessons.digest import digest_of
from worker.lessons.render_plan import (
    Box,
    Dim,
    Motion,
    PanelElement,
    Role,
    ScenePlan,
    StrokeElement,
    TextElement,
    TextLine,
)

REPOSITORY = Path(__file__).parents[3]

MOTION = Motion(3, 80, fade_in=8, slide_y=22, dim=Dim(40, 8, 0.55))
PLAN = ScenePlan(
    "hook",
    1920,
    1080,
    90,
    "#101010",
    (
        TextElement(
            "title",
            Role.TITLE,
            Box(0, 0, 300, 90),
            MOTION,
            (TextLine("Ünder 0.1 “force”", 20, 100),),
            60,
            600,
            "#111111",
            "#ffffff",
        ),
        PanelElement("card", Role.DECORATION, Box(1, 2, 3, 4), MOTION, "#222222", 8),
        StrokeElement("tick", Role.LABEL, Box(0, 0, 9, 9), MOTION, (((0.1, 1e-7),),), "#333", 2.5),
    ),
)


@dataclass(frozen=True)
class One:
    """A value, and nothing else."""

    value: object


@dataclass(frozen=True)
class Other:
    """The same, under another name."""

    value: object


class Word(StrEnum):
    """A name for a word."""

    FORCE = "force"


@pytest.mark.parametrize("seed", ["0", "1", "4711"])
def test_a_plan_has_the_same_digest_in_another_process(seed: str) -> None:
    """The seed of `hash`, which orders sets, is another one there."""
    program = (
        "from tests.unit.lessons.test_digest import PLAN;"
        "from worker.lessons.digest import digest_of;"
        "print(digest_of(PLAN, {'b': 1.0, 'a': (0.1, 2e300)}))"
    )
    said = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONHASHSEED": seed},
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    assert said == digest_of(PLAN, {"a": (0.1, 2e300), "b": 1.0})


@given(st.integers(0, 2), st.sampled_from(["first_frame", "last_frame", "fade_in", "slide_x"]))
def test_whatever_is_drawn_otherwise_has_another_digest(index: int, field: str) -> None:
    element = PLAN.elements[index]
    moved = replace(element, motion=replace(element.motion, **{field: 5}))  # type: ignore[arg-type]  # one field
    elements = (*PLAN.elements[:index], moved, *PLAN.elements[index + 1 :])
    assert digest_of(replace(PLAN, elements=elements)) != digest_of(PLAN)


def test_the_order_of_the_stack_counts() -> None:
    assert digest_of(replace(PLAN, elements=PLAN.elements[::-1])) != digest_of(PLAN)


def test_types_of_the_same_fields_are_told_apart() -> None:
    assert digest_of(One(1)) != digest_of(Other(1))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ab", "c"), ("a", "bc")),
        ((1,), ("1",)),
        ((1,), (1.0,)),
        ((None,), ("",)),
        ((("a", "b"),), ("a", "b")),
        ((0.1 + 0.2,), (0.3,)),
    ],
    ids=str,
)
def test_parts_do_not_run_together(one: tuple[object, ...], other: tuple[object, ...]) -> None:
    assert digest_of(*one) != digest_of(*other)


def test_a_name_is_worth_its_word() -> None:
    assert digest_of(Word.FORCE) == digest_of("force")


@pytest.mark.parametrize(
    "value",
    [{1, 2}, frozenset(), b"x", object(), {1: 2}, Path("x")],
    ids=lambda value: type(value).__name__,
)
def test_what_has_no_one_spelling_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="no one spelling"):
        digest_of(One(value))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        digest_of(value)
