"""Within the fifth stage: the files of a lesson that are text, for every modality."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from worker.lessons.captions import caption_cues, write_vtt
from worker.lessons.chapters import write_chapters
from worker.lessons.citations import write_citations
from worker.lessons.descriptions import write_descriptions
from worker.lessons.descriptive_transcript import write_descriptive_transcript
from worker.lessons.lesson_record import (
    CAPTIONS,
    STORYBOARD,
    TIMELINE,
    write_storyboard,
    write_times,
)
from worker.lessons.quiz import write_quiz
from worker.lessons.request import LessonRequest, Modality
from worker.lessons.storyboard import Storyboard
from worker.lessons.timeline import Timeline
from worker.lessons.transcript import write_transcript
from worker.reading.page import compose_page
from worker.reading.pages import HTML_PAGE, MARKDOWN_PAGE, write_html, write_markdown
from worker.reading.pictures import draw_pictures

TRANSCRIPT, CITATIONS, QUIZ = "transcript.md", "citations.json", "quiz.json"
CHAPTERS, DESCRIPTIONS = "chapters.vtt", "descriptions.vtt"
DESCRIPTIVE_TRANSCRIPT = "descriptive_transcript.md"


def write_texts(
    folder: Path, request: LessonRequest, storyboard: Storyboard, timeline: Timeline | None
) -> tuple[Path, ...]:
    """Write what can be read of a lesson; it blocks.

    Args:
        folder: Where the files go.
        request: The modalities that are wanted, and the length.
        storyboard: The lesson.
        timeline: When everything is said; None for a lesson to read.

    Raises:
        LayoutError: A visual cannot be drawn.
    """
    texts = dict(_always(storyboard, timeline))
    if timeline is not None:
        texts |= _timed(request, timeline)
        if Modality.VIDEO in request.modalities:
            texts |= _of_pictures(storyboard, timeline)
    if Modality.TEXT in request.modalities:
        texts |= _page(storyboard)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return tuple(folder / name for name in texts)


def _always(storyboard: Storyboard, timeline: Timeline | None) -> Iterator[tuple[str, str]]:
    yield TRANSCRIPT, write_transcript(storyboard, timeline)
    yield STORYBOARD, write_storyboard(storyboard)
    yield CITATIONS, write_citations(storyboard, timeline)
    yield QUIZ, write_quiz(storyboard, timeline)


def _timed(request: LessonRequest, timeline: Timeline) -> dict[str, str]:
    return {
        TIMELINE: write_times(timeline, request.duration_seconds),
        CAPTIONS: write_vtt(caption_cues(timeline)),
        CHAPTERS: write_chapters(timeline),
    }


def _of_pictures(storyboard: Storyboard, timeline: Timeline) -> dict[str, str]:
    """What tells of the pictures; a lesson to listen to has none."""
    return {
        DESCRIPTIONS: write_descriptions(timeline),
        DESCRIPTIVE_TRANSCRIPT: write_descriptive_transcript(storyboard, timeline),
    }


def _page(storyboard: Storyboard) -> dict[str, str]:
    pictures = draw_pictures(storyboard)
    page = compose_page(storyboard, pictures)
    return {
        HTML_PAGE: write_html(page),
        MARKDOWN_PAGE: write_markdown(page),
        **{picture.name: picture.light for picture in pictures.values()},
    }
