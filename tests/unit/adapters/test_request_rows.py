"""What a row asks for, as the domain reads it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from worker.adapters.database.models import ContentRequest
from worker.adapters.database.request_rows import read_request
from worker.lessons.look import Appearance, Look, Shape
from worker.lessons.picture_options import PictureOptions


@pytest.mark.parametrize("metadata", [{}, {"source": "app"}, {"captions": None, "shape": None}])
def test_a_row_that_chooses_nothing_leaves_its_pictures_to_the_settings(
    metadata: dict[str, Any],
) -> None:
    pictures = read_request(row(metadata)).pictures
    assert pictures == PictureOptions()
    mine = Look(Shape.PORTRAIT, Appearance.DARK)
    assert pictures.look(mine) == mine


def test_captions_are_burned_in_where_the_row_says_so() -> None:
    assert read_request(row({"captions": "burned_in"})).pictures.burns_captions
    assert not read_request(row({"captions": "track"})).pictures.burns_captions


def test_what_a_row_chooses_wins_over_the_settings_and_reads_back_as_it_was_written() -> None:
    metadata = {"captions": "burned_in", "shape": "9:16", "appearance": "dark"}
    pictures = read_request(row(metadata)).pictures
    assert pictures.look(Look()) == Look(Shape.PORTRAIT, Appearance.DARK)
    assert pictures.as_metadata() == metadata
    half = read_request(row({"appearance": "dark"})).pictures
    assert half.look(Look(Shape.PORTRAIT)) == Look(Shape.PORTRAIT, Appearance.DARK)


def test_every_choice_that_no_lesson_has_is_a_fault_and_none_is_quoted() -> None:
    metadata = {"captions": "loud", "shape": "4:3", "appearance": ["dark"]}
    assert read_request(row(metadata)).pictures.faults == (
        "captions: must be track or burned_in",
        "shape: must be 16:9 or 9:16",
        "appearance: must be light or dark",
    )


def row(metadata: dict[str, Any]) -> ContentRequest:
    return ContentRequest(
        id=UUID(int=1),
        correlation_id="c",
        student_id="s",
        query="Explain inertia",
        grade_level=9,
        language="en",
        requested_modalities=["video"],
        request_metadata=metadata,
    )
