"""What the font cannot draw, read back from render plans."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from worker.layout.fonts import require_glyphs
from worker.lessons.errors import LayoutError
from worker.lessons.render_plan import FormulaElement, ScenePlan, TextElement


def missing_glyphs(plans: Sequence[ScenePlan]) -> tuple[str, ...]:
    """Return the characters of all texts that the font has no glyph for, by their names."""
    characters = {sign for plan in plans for text in _texts(plan) for sign in text}
    return tuple(
        f"U+{ord(sign):04X} {unicodedata.name(sign, 'unnamed')}"
        for sign in sorted(characters)
        if not _is_drawn(sign)
    )


def _is_drawn(sign: str) -> bool:
    try:
        require_glyphs(sign)
    except LayoutError:
        return False
    return True


def _texts(plan: ScenePlan) -> Iterator[str]:
    for element in plan.elements:
        if isinstance(element, TextElement):
            yield from (line.text for line in element.lines)
        elif isinstance(element, FormulaElement):
            yield from (run.text for run in element.runs)
