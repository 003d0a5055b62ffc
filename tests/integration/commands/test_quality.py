"""What `quality` says of a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.lessons.judged_lesson import good_board
from worker.commands.exit_codes import ExitCode
from worker.commands.quality import measure_quality
from worker.lessons.errors import LessonInvalidError
from worker.lessons.lesson_record import STORYBOARD, write_storyboard


async def test_a_lesson_to_read_is_measured_by_its_storyboard(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / STORYBOARD).write_text(write_storyboard(good_board()), encoding="utf-8")
    assert await measure_quality(tmp_path, as_json=False) is ExitCode.DONE
    printed = capsys.readouterr().out
    assert "readability" in printed
    assert "0 failed" in printed


async def test_a_folder_without_a_lesson_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(LessonInvalidError, match="no lesson"):
        await measure_quality(tmp_path, as_json=False)
