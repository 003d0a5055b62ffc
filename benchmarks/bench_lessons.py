"""Composes and plans lessons on all topics, and judges each by the quality gate; no encoding.

The last line is JSON. Narration is silence of the estimated length, so that sound and file are
not measured here; `python -m worker quality DIR` does that for a lesson that was made.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from itertools import product

from tests.unit.lessons.judged_lesson import evidence_of
from worker.adapters.curriculum_writer import CurriculumWriter
from worker.curriculum.reader import load_curriculum
from worker.lessons.quality.gate import measure

LENGTHS = (60, 120, 180)
INTERESTS = ("basketball", "music", "video games")
SOUND_AND_FILE = {
    *("loudness", "true-peak", "answer-silence", "no-music", "drift"),
    *("durations", "chapters", "contrast", "bt709", "faststart"),
}
"""What is made up here, and judged elsewhere."""


def main() -> None:
    """Print the topics, grades and lengths that fail a row, and a summary."""
    failing: Counter[str] = Counter()
    whole = count = 0
    writing = 0.0
    for (topic_id, grade), (seconds, interest) in product(
        _levels(), zip(LENGTHS, INTERESTS, strict=True)
    ):
        began = time.perf_counter()
        board = _WRITER.write(topic_id, grade, interest, seconds)
        writing += time.perf_counter() - began
        rows = set(measure(evidence_of(board, seconds)).failed_rows) - SOUND_AND_FILE
        failing.update(rows)
        count += 1
        whole += not rows
        if rows:
            print(f"{topic_id}, grade {grade}, {seconds} s: {', '.join(sorted(rows))}", flush=True)
    print(
        json.dumps(
            {
                "storyboards": count,
                "passing_every_row": whole,
                "failing_rows": dict(failing.most_common()),
                "ms_per_storyboard": round(1000 * writing / count, 1),
            }
        )
    )


_CURRICULUM = load_curriculum()
_WRITER = CurriculumWriter(_CURRICULUM)


def _levels() -> Iterator[tuple[str, int]]:
    """Each topic at the lowest grade of each of its reading levels."""
    for topic in _CURRICULUM.topics:
        for grade in sorted({topic.grades[0], min(topic.grades[1], max(9, topic.grades[0]))}):
            yield topic.id, grade


if __name__ == "__main__":
    main()
