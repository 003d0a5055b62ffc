"""A maker's identity: another one with every library and with every line of ours."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from worker.adapters.hibari_voice import HibariVoice
from worker.adapters.identity import identify
from worker.adapters.render_pool import PIXEL_MODULES, RenderPool

DECIDES_NO_PIXEL = frozenset(
    {
        "worker",
        "worker.layout",
        "worker.layout.palettes",
        "worker.lessons",
        "worker.lessons.charts",
        "worker.lessons.diagrams",
        "worker.lessons.errors",
        "worker.lessons.expression",
        "worker.lessons.formula",
        "worker.lessons.labelled_diagrams",
        "worker.lessons.lesson_assembly",
        "worker.lessons.look",
        "worker.lessons.narration",
        "worker.lessons.storyboard",
        "worker.lessons.token_reader",
        "worker.lessons.visual_parts",
        "worker.lessons.visuals",
        "worker.rendering",
        "worker.rendering.joining",
        "worker.rendering.loudness",
        "worker.rendering.sound",
    }
)
"""What a child imports beside, and why not: packages, errors, types, the sound, and
colours, which the plan holds."""


def test_every_module_of_ours_that_draws_a_segment_is_part_of_its_identity() -> None:
    program = (
        "import sys, worker.rendering.lesson_video;"
        "print(*(name for name in sys.modules if name.split('.')[0] == 'worker'))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout.split()
    assert set(loaded) - DECIDES_NO_PIXEL == set(PIXEL_MODULES)


def test_an_identity_is_the_same_for_every_instance() -> None:
    assert RenderPool(1).identity == RenderPool(2).identity
    assert HibariVoice().identity == HibariVoice().identity
    assert HibariVoice().identity != RenderPool(1).identity


def test_an_identity_changes_with_the_name_the_libraries_and_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "drawn_here.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    first = identify("a", ("numpy",), ("drawn_here",))
    assert identify("a", ("numpy",), ("drawn_here",)) == first
    assert identify("b", ("numpy",), ("drawn_here",)) != first
    assert identify("a", ("numpy", "pillow"), ("drawn_here",)) != first
    (tmp_path / "drawn_here.py").write_text("x = 2\n")
    assert identify("a", ("numpy",), ("drawn_here",)) != first


def test_a_library_or_a_module_that_is_not_there_has_no_identity() -> None:
    with pytest.raises(PackageNotFoundError):
        identify("a", ("no-such-library",), ())
    with pytest.raises(ModuleNotFoundError, match="no source"):
        identify("a", (), ("worker.no_such_module",))
