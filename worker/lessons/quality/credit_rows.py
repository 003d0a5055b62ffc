"""A row about the card that a lesson ends with: what it rests on is credited in the picture."""

from __future__ import annotations

import re
from collections.abc import Iterator

from worker.lessons.quality.evidence import Shown
from worker.lessons.quality.report import Failure, Reading, Row, counted
from worker.lessons.render_plan import ScenePlan, TextElement
from worker.lessons.sources_card import Credit, cited_sources, credits_of

_COUNTED = re.compile(r"(\d+) (?:more )?in citations\.json")
_SIGNS = re.compile(r"[\W_]+")
_FEWEST_SIGNS = 12
"""Letters and digits of a text that was cut off, by which it is still known. (ours)"""


def _attribution(shown: Shown) -> Reading:
    """Title, author and licence of each text are in the last picture, or it counts the text."""
    board, plan = shown.spoken.storyboard, shown.plans[-1]
    lines = list(_lines(plan))
    credited = credits_of(cited_sources(board.sources, board.scenes))
    missing = [one for one in credited if not _is_credited(one, lines)]
    left_to_the_file = sum(int(one) for line in lines for one in _COUNTED.findall(line))
    at = shown.spoken.timeline.scenes[-1].start
    return counted(
        [Failure(f"{one.title!r} is not credited", at) for one in missing[left_to_the_file:]]
    )


def _lines(plan: ScenePlan) -> Iterator[str]:
    for one in plan.elements:
        if isinstance(one, TextElement):
            yield " ".join(line.text for line in one.lines)


def _is_credited(credit: Credit, lines: list[str]) -> bool:
    wanted = [part for part in (credit.title, credit.author, credit.licence) if part]
    return all(any(_says(line, part) for line in lines) for part in wanted)


def _says(line: str, text: str) -> bool:
    """Whether a line holds a text, or as much of it as there was room for."""
    drawn, whole = _SIGNS.sub("", line).casefold(), _SIGNS.sub("", text).casefold()
    was_cut = line.endswith("…") and len(drawn) >= _FEWEST_SIGNS
    return whole in drawn or (was_cut and whole.startswith(drawn))


CREDIT_ROWS: tuple[Row[Shown], ...] = (
    Row("attribution", "the last picture credits every source", "texts", _attribution),
)
"""What needs the render plans and the sources."""
