"""What a row asks for, as the domain reads it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from worker.adapters.database.models import ContentRequest
from worker.adapters.database.request_rows import read_request


@pytest.mark.parametrize(
    "metadata", [{}, {"captions": "track"}, {"source": "app"}, {"captions": None}]
)
def test_captions_stay_a_track_where_the_row_says_nothing_else(metadata: dict[str, Any]) -> None:
    assert not read_request(row(metadata)).burns_captions


def test_captions_are_burned_in_where_the_row_says_so() -> None:
    assert read_request(row({"captions": "burned_in"})).burns_captions


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
