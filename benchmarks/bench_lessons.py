"""Judges lessons by the quality gate: storyboards and plans on all topics, then whole lessons.

    python -m benchmarks.bench_lessons [--durations 45,90] [--every-grade] [--table]
                                       [--rendered 0|4|24]
    python -m benchmarks.bench_lessons --every-interest --without-pictures --rendered 0

A storyboard's narration is silence of the estimated length, and nothing is encoded: sound and file
are measured on the lessons that the worker makes (`rendered_lessons`). The last line is JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from itertools import cycle, product

from benchmarks.rendered_lessons import CHOSEN, COUNTS, Rendered, make_and_measure
from benchmarks.rendered_lessons import table as rendered_table
from tests.unit.curriculum.query_file import (
    held_out_queries,
    second_held_out_queries,
    share_understood,
)
from tests.unit.lessons.judged_lesson import evidence_of
from worker.adapters.curriculum_writer import CurriculumWriter
from worker.curriculum.models import EVERYDAY, Curriculum, Topic
from worker.curriculum.reader import load_curriculum
from worker.lessons.quality.gate import measure
from worker.lessons.quality.report import Measurement, Verdict

DURATIONS = (45, 90, 180, 300, 345)
UNKNOWN_INTEREST = "stamp collecting"
INTERESTS = ("basketball", "music", "video games", "cooking", UNKNOWN_INTEREST)
"""One for each duration, in turn; for the last one the everyday analogy stands in."""

SOUND_AND_FILE = {
    *("loudness", "true-peak", "answer-silence", "no-music", "drift"),
    *("durations", "chapters", "contrast", "bt709", "faststart"),
}
"""What is made up here, and judged elsewhere."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Which lessons of a topic are judged.

    Attributes:
        every_grade: Not only the lowest one of each reading level.
        every_interest: All that the topic has, at each length.
        with_pictures: Also by what is drawn; four fifths of the time.
    """

    durations: Sequence[int]
    every_grade: bool
    every_interest: bool
    with_pictures: bool

    def grades(self, topic: Topic) -> Iterable[int]:
        """The grades at which a topic is written."""
        lowest, highest = topic.grades
        if self.every_grade:
            return range(lowest, highest + 1)
        return sorted({lowest, min(highest, max(9, lowest))})

    def lengths(self, topic: Topic) -> Iterator[tuple[int, str]]:
        """Each length with what the student likes."""
        if self.every_interest:
            liked = [one.interest for one in topic.analogies if one.interest != EVERYDAY]
            labels = [_curriculum().interest(one).label for one in liked]
            yield from product(self.durations, (*labels, UNKNOWN_INTEREST))
        else:
            yield from zip(self.durations, cycle(INTERESTS), strict=False)


@dataclass(frozen=True, slots=True)
class Judged:
    """One storyboard, and what every row says of it."""

    name: str
    writing_seconds: float
    rows: tuple[Measurement, ...]

    @property
    def failures(self) -> list[str]:
        """The rows that fail, each with the first place at which it does."""
        failed = [row for row in self.rows if row.verdict is Verdict.FAILED]
        return [f"{row.row} ({row.failures[0].what})" for row in failed]


def main() -> None:
    """Print the lessons that fail a row, the table if it is asked for, and a summary."""
    asked = _arguments()
    topics = [topic.id for topic in _curriculum().topics]
    sweep = Sweep(
        durations=asked.durations,
        every_grade=asked.every_grade,
        every_interest=asked.every_interest,
        with_pictures=not asked.without_pictures,
    )
    judge = partial(_judge_topic, sweep=sweep)
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        judged = [one for found in processes.map(judge, topics) for one in found]
    for one in judged:
        for failure in one.failures:
            print(f"{one.name}: {failure}")
    rendered = asyncio.run(_rendered(asked.rendered))
    if asked.table:
        print("\n".join((*_table(judged), "", *rendered_table(rendered))))
    print(json.dumps(_summary(judged) | _summary_of_rendered(rendered)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Judge storyboards on all topics.")
    parser.add_argument(
        "--durations",
        type=lambda text: tuple(int(one) for one in text.split(",")),
        default=DURATIONS,
        help="seconds, separated by commas (45,90,180,300,345)",
    )
    parser.add_argument(
        "--every-grade", action="store_true", help="not only the lowest of each reading level"
    )
    parser.add_argument(
        "--every-interest", action="store_true", help="each length with all interests of a topic"
    )
    parser.add_argument(
        "--without-pictures", action="store_true", help="judge what is said and captioned alone"
    )
    parser.add_argument("--table", action="store_true", help="least, median and most of each row")
    parser.add_argument(
        "--rendered", type=int, choices=COUNTS, default=COUNTS[-1], help="lessons to make (24)"
    )
    return parser.parse_args()


@cache
def _curriculum() -> Curriculum:
    return load_curriculum()


def _judge_topic(topic_id: str, sweep: Sweep) -> list[Judged]:
    topic, writer = _curriculum().topic(topic_id), CurriculumWriter(_curriculum())
    return [
        _judge(writer, topic, grade, asked, with_pictures=sweep.with_pictures)
        for grade in sweep.grades(topic)
        for asked in sweep.lengths(topic)
    ]


def _judge(
    writer: CurriculumWriter,
    topic: Topic,
    grade: int,
    asked: tuple[int, str],
    *,
    with_pictures: bool,
) -> Judged:
    seconds, interest = asked
    began = time.process_time()
    board = writer.write(topic.id, grade, interest, seconds)
    took = time.process_time() - began
    evidence = evidence_of(board, seconds, with_pictures=with_pictures)
    rows = measure(evidence).measurements
    measured = tuple(row for row in rows if row.row not in SOUND_AND_FILE)
    return Judged(f"{topic.id}, grade {grade}, {seconds} s, {interest}", took, measured)


async def _rendered(count: int) -> list[Rendered]:
    """Make so many of the chosen lessons, and say of each how it went as soon as it is there."""
    lessons = []
    if count:
        async for one in make_and_measure(CHOSEN[:count]):
            print(f"{one.wanted.name}: {'; '.join(one.failures) or 'every row passes'}", flush=True)
            lessons.append(one)
    return lessons


def _table(judged: Sequence[Judged]) -> Iterator[str]:
    """Rows in Markdown: what passes, and what was measured over all storyboards."""
    yield "| row | passes | least | median | most | unit |"
    yield "|---|---|---|---|---|---|"
    for number, row in enumerate(judged[0].rows):
        values = [one.rows[number].value for one in judged]
        found = sorted(value for value in values if value is not None)
        if found:
            figures = (found[0], statistics.median(found), found[-1])
            shown = " | ".join(f"{figure:.3g}" for figure in figures)
            yield f"| `{row.row}` | {row.threshold} | {shown} | {row.unit} |"


def _summary(judged: Sequence[Judged]) -> dict[str, object]:
    failing = Counter(
        row.row for one in judged for row in one.rows if row.verdict is Verdict.FAILED
    )
    writing = sum(one.writing_seconds for one in judged)
    return {
        "storyboards": len(judged),
        "passing_every_row": sum(not one.failures for one in judged),
        "failing_rows": dict(failing.most_common()),
        "ms_per_storyboard": round(1000 * writing / len(judged), 1),
        "matcher_accuracy_held_out": share_understood(held_out_queries(), _curriculum()),
        "matcher_accuracy_second_held_out": share_understood(
            second_held_out_queries(), _curriculum()
        ),
    }


def _summary_of_rendered(lessons: Sequence[Rendered]) -> dict[str, object]:
    failing = Counter(failure.split(" (")[0] for lesson in lessons for failure in lesson.failures)
    return {"rendered": len(lessons), "rendered_failing_rows": dict(failing.most_common())}


if __name__ == "__main__":
    main()
