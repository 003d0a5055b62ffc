"""A lesson says in which language it is."""

from __future__ import annotations

import pytest

from worker.lessons.errors import LessonInvalidError
from worker.rendering.joining import language_code


@pytest.mark.parametrize(("tag", "code"), [("en", "eng"), ("en-GB", "eng"), ("DE", "deu")])
def test_a_language_is_stored_as_mp4_wants_it(tag: str, code: str) -> None:
    assert language_code(tag) == code


def test_a_language_that_is_not_known_is_refused_by_name() -> None:
    with pytest.raises(LessonInvalidError, match="'qq'"):
        language_code("qq")
