"""What a child's work may raise, in the parent's words."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from worker.lessons.errors import RenderCrashedError
from worker.lessons.lesson_assembly import Narration
from worker.lessons.render_plan import ScenePlan
from worker.rendering import child

FULL = Path("/dev/full")
"""Takes no byte: Linux's own full disk."""

PLAN = ScenePlan("scene", 64, 36, 10, "#336699")

pytestmark = pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")


def test_a_full_disk_is_one_clear_error_whatever_is_written(tmp_path: Path) -> None:
    samples = tmp_path / "narration.pcm"
    samples.write_bytes(bytes(48_000))
    works: list[Callable[[], object]] = [
        partial(child.render_segment, PLAN, FULL),
        partial(child.draw_poster, PLAN, 0, FULL),
        partial(_encode, Narration(samples, 24_000, 30), tmp_path),
    ]
    for work in works:
        with pytest.raises(RenderCrashedError, match="no space is left on the disk") as raised:
            child.run(1, work)
        assert "larger disk" in raised.value.hint


def _encode(narration: Narration, folder: Path) -> None:
    target = folder / "narration.m4a"
    target.symlink_to(FULL)
    child.encode_narration(narration, target)
