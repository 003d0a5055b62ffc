"""Which objects of the bucket are orphans."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from worker.lessons.upkeep import LessonObject, Standing

REQUEST = UUID(int=7)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
OLD, YOUNG = NOW - timedelta(days=2), NOW - timedelta(minutes=5)
WRITTEN_BEFORE = NOW - timedelta(days=1)


def _object(fence: int, updated_at: datetime = OLD, name: str = "lesson.mp4") -> LessonObject:
    known = LessonObject.of(f"lessons/{REQUEST}/{fence}/{name}", updated_at)
    assert known is not None
    return known


def _ended(fence: int, manifest_fence: int | None) -> Standing:
    manifest = None
    if manifest_fence is not None:
        manifest = f"lessons/{REQUEST}/{manifest_fence}/manifest.json"
    return Standing(is_over=True, fence=fence, manifest_object=manifest)


def _live(fence: int) -> Standing:
    return Standing(is_over=False, fence=fence, manifest_object=None)


@pytest.mark.parametrize(
    ("one", "standing", "is_orphan"),
    [
        (_object(3), _ended(3, 3), False),
        (_object(3), _ended(9, 3), False),
        (_object(2, YOUNG), _ended(3, 3), True),
        (_object(4, YOUNG), _ended(3, 3), True),
        (_object(33), _ended(3, 3), True),
        (_object(3, YOUNG), _ended(3, None), True),
        (_object(3), _live(3), False),
        (_object(4), _live(3), False),
        (_object(2), _live(3), True),
        (_object(2, YOUNG), _live(3), False),
        (_object(1), None, True),
        (_object(1, YOUNG), None, False),
    ],
    ids=[
        "beside the manifest that counts",
        "beside it under a fence that has risen since",
        "of an older fence of an ended request",
        "of a newer fence of an ended request",
        "of a fence that starts with the same digit",
        "of a request that failed",
        "of the fence that a claim may be writing under",
        "of a fence that the row has not reached: a restored database",
        "of an older fence of a live request, old",
        "of an older fence of a live request, young",
        "of a request that nothing is known of, old",
        "of a request that nothing is known of, young",
    ],
)
def test_an_object_is_an_orphan_when_nobody_can_want_it(
    one: LessonObject, standing: Standing | None, *, is_orphan: bool
) -> None:
    assert one.is_orphan(standing, WRITTEN_BEFORE) is is_orphan


@pytest.mark.parametrize(
    "name",
    [
        "cache/x",
        "lessons/readme.txt",
        f"lessons/{REQUEST}/manifest.json",
        f"lessons/{REQUEST}/3",
        f"lessons/{REQUEST}/3/",
        f"lessons/{REQUEST}/03/x",
        f"lessons/{REQUEST}/-3/x",
        f"lessons/{str(REQUEST).upper()[:-1]}A/3/x",
        f"old/lessons/{REQUEST}/3/x",
    ],
)
def test_a_name_that_no_worker_gives_is_nobodys_orphan(name: str) -> None:
    assert LessonObject.of(name, OLD) is None
