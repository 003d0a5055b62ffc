"""A set formula as an element of a scene."""

from __future__ import annotations

from worker.layout.canvas import Ink, Name
from worker.layout.fonts import SEMIBOLD
from worker.layout.formula import Typeset, stroke_width
from worker.lessons.render_plan import FormulaElement, FormulaRun, Motion


def formula_element(
    name: Name, formula: Typeset, at: tuple[float, float], ink: Ink, motion: Motion
) -> FormulaElement:
    """Place a formula that was set at the origin: `at` is the left end of its baseline."""
    x, baseline = at[0], round(at[1])
    thick = stroke_width(max((run.font_size for run in formula.runs), default=0))
    moved = formula.moved(x, 0)
    return FormulaElement(
        element_id=name.element_id,
        role=name.role,
        box=formula.ink_box(thick).moved(int(x), baseline),
        motion=motion,
        runs=tuple(
            FormulaRun(
                run.text,
                round(run.x),
                round(run.baseline) + baseline,
                run.font_size,
                is_italic=run.is_italic,
            )
            for run in moved.runs
        ),
        paths=tuple(tuple((x, y + baseline) for x, y in path) for path in moved.paths),
        stroke_width=thick,
        weight=SEMIBOLD,
        color=ink.color,
        surface=ink.surface,
    )
