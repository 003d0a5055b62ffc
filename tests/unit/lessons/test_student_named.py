"""Whom a message names, also one that cannot be read."""

from __future__ import annotations

import json

import pytest

from worker.lessons.request import names_student, student_named_in


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b'{"student_id": "s-1"}', "s-1"),
        (b'{"student_id": "  s-1 ", "grade_level": 99}', "s-1"),
        (b'{"student_id": 17}', "17"),
        (b'{"student_id": null}', None),
        (b'{"student_id": ""}', None),
        (b'{"student_id": "a\\u0000b"}', None),
        (json.dumps({"student_id": "x" * 101}).encode(), None),
        (b'{"student_id": ["s-1"]}', None),
        (b"[]", None),
        (b'{"student_id": "s-1"', None),
        (b"\xff", None),
    ],
)
def test_a_student_is_named_where_it_can_be_read(data: bytes, named: str | None) -> None:
    assert student_named_in(data) == named


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (b'{"student_id": "s-1"}', True),
        (b'{"student_id": "s-2", "friend": "s-1"}', False),
        (b'{"student_id": "s-1"', True),
        (b'{"student_id": "s-11"', False),
        (b'\xff "s-1"', True),
        (b"s-1", False),
    ],
)
def test_a_message_that_cannot_be_read_names_whom_it_quotes(data: bytes, *, names: bool) -> None:
    assert names_student(data, "s-1") is names


@pytest.mark.parametrize("escaped", [True, False])
def test_a_name_with_letters_beyond_ascii_is_found_in_both_spellings(*, escaped: bool) -> None:
    whole = json.dumps({"student_id": "zoë"}, ensure_ascii=escaped).encode()
    assert names_student(whole[:-1], "zoë")
