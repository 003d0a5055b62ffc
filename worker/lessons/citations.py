"""Which source every factual sentence of a lesson rests on, as a file of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

from worker.lessons.quality.evidence import Said, Told
from worker.lessons.quality.text_rows import states_a_fact
from worker.lessons.sources_card import cited_sources
from worker.lessons.storyboard import Storyboard
from worker.lessons.timeline import Timeline


def write_citations(storyboard: Storyboard, timeline: Timeline | None = None) -> str:
    """Return the citations as JSON: the lesson's sources, and its factual sentences in order.

    A sentence is factual if it names a source, or claims something (it neither asks nor bids).
    `start` is in seconds from the start of the lesson, or null for a lesson to read; a source's
    `author` and `url` are null where nobody knows them.
    """
    told = Told(storyboard, timeline)
    body = {
        "topic_id": storyboard.topic_id,
        "title": storyboard.title,
        "sources": [
            {name: value or None for name, value in asdict(source).items()}
            for source in cited_sources(storyboard.sources, storyboard.scenes)
        ],
        "sentences": [_describe(said) for said in _factual(told)],
    }
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def _factual(told: Told) -> Iterator[Said]:
    for said in told.sentences():
        if said.sentence.source_ids or states_a_fact(said):
            yield said


def _describe(said: Said) -> dict[str, object]:
    return {
        "scene_id": said.scene.scene_id,
        "text": said.sentence.text,
        "start": None if said.second is None else round(said.second, 3),
        "source_ids": list(said.sentence.source_ids),
    }
