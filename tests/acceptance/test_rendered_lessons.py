"""Whole lessons, made by the worker and measured from their files alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.rendered_lessons import CHOSEN, PATIENCE, Rendered, make_lessons
from tests.platform import Platform
from worker.lessons.look import Appearance, Shape
from worker.settings import load_settings

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(900)]

SHORT = CHOSEN[1:4]


@pytest.fixture
async def lessons(platform: Platform, tmp_path: Path) -> Sequence[Rendered]:
    """Both shapes, both reading levels, one with burned-in captions."""
    limits = {name: value for name, value in PATIENCE.items() if name != "WORKER_PROFILE"}
    settings, _ = load_settings(platform.environ | limits)
    return [one async for one in make_lessons(settings, SHORT, tmp_path)]


async def test_short_lessons_pass_every_row_as_measured_from_their_files(
    lessons: Sequence[Rendered],
) -> None:
    assert {one.wanted.name: one.failures for one in lessons} == {
        wanted.name: [] for wanted in SHORT
    }
    for one in lessons:
        # One lesson shows nothing of a second render, and a short one may have no visual.
        unmeasured = {row.row for row in one.rows if row.value is None}
        assert unmeasured <= {"same-bytes", "part-cues"}, one.wanted.name


def test_the_chosen_lessons_are_of_every_subject_grade_and_look() -> None:
    assert len(set(CHOSEN)) == len(CHOSEN) == 24
    assert {one.grade for one in CHOSEN} == set(range(3, 13))
    assert {one.pictures.shape for one in CHOSEN} >= {Shape.PORTRAIT, None}
    assert {one.pictures.appearance for one in CHOSEN} >= {Appearance.DARK, None}
    assert sum(one.pictures.burns_captions for one in CHOSEN) >= 4
    assert min(one.seconds for one in CHOSEN) == 45
    assert max(one.seconds for one in CHOSEN) == 180
