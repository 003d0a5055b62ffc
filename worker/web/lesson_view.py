"""What the watch page shows of a lesson, read from the files that were published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from worker.lessons.storyboard import SceneKind
from worker.web.published import Published, UnreadableLessonError, read_published
from worker.web.quality_view import QUALITY_REPORT, QualityView, read_quality
from worker.web.web_vtt import Cue, read_cues

STORYBOARD, CAPTIONS, CHAPTERS = "storyboard.json", "captions.vtt", "chapters.vtt"
QUIZ = "quiz.json"

READ_WHOLE = (STORYBOARD, CAPTIONS, CHAPTERS, QUIZ, QUALITY_REPORT)
"""Small files that the page itself is made of, where a lesson has them."""


class _Sentence(Published):
    text: str
    source_ids: tuple[str, ...] = ()


class _Scene(Published):
    kind: str
    title: str
    sentences: tuple[_Sentence, ...]


class _Source(Published):
    source_id: str
    title: str
    chapter: str = ""
    licence: str = ""


class _Storyboard(Published):
    title: str
    subject: str
    objective: str
    scenes: tuple[_Scene, ...]
    sources: tuple[_Source, ...]


class ChoiceQuestion(Published):
    """A question with one right choice, an index into the choices."""

    ask: str
    choices: tuple[str, ...]
    right_choice: int
    explanation: str


class _Question(Published):
    """A question as the lesson's file has it: with choices, or to answer from memory."""

    ask: str
    choices: tuple[str, ...] = ()
    right_choice: int | None = None
    answer: str = ""
    explanation: str = ""
    asked_at: float | None = None


class _Quiz(Published):
    questions: tuple[_Question, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence; `start` is None where the lesson has no sound."""

    text: str
    start: float | None
    sources: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """One scene as the transcript has it; `start` in seconds."""

    title: str
    start: float | None
    sentences: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class RecallQuestion:
    """A question to answer from memory, and what the lesson answers.

    Attributes:
        start: When the lesson has asked it, in seconds; None where nobody knows.
    """

    ask: str
    answer: str
    start: float | None = None


@dataclass(frozen=True, slots=True)
class LessonView:
    """A lesson on the page.

    Attributes:
        sources: Title, chapter and licence, in the order of their numbers.
        quality: What was measured and what came of it; None without a report.
    """

    title: str
    subject: str
    objective: str
    chapters: tuple[Chapter, ...]
    sources: tuple[str, ...]
    choices: tuple[ChoiceQuestion, ...]
    recalls: tuple[RecallQuestion, ...]
    quality: QualityView | None


def read_lesson(files: Mapping[str, bytes]) -> LessonView:
    """Read the page's content from the files of `READ_WHOLE` that the lesson has.

    Raises:
        UnreadableLessonError: One of them is not what we publish; it names the file.
    """
    board = read_published(_Storyboard, STORYBOARD, files)
    if board is None:
        raise UnreadableLessonError(f"the lesson has no {STORYBOARD}")
    quiz = read_published(_Quiz, QUIZ, files)
    asked = () if quiz is None else quiz.questions
    choices = tuple(_choices(asked))
    recalls = _recalls(board) if quiz is None else _from_memory(asked)
    return LessonView(
        title=board.title,
        subject=board.subject,
        objective=board.objective,
        chapters=_chapters(board, _cues(CAPTIONS, files), _cues(CHAPTERS, files)),
        sources=tuple(
            ", ".join(part for part in (one.title, one.chapter) if part) + f" ({one.licence})"
            for one in board.sources
        ),
        choices=choices,
        recalls=tuple(recalls),
        quality=read_quality(files),
    )


def _cues(name: str, files: Mapping[str, bytes]) -> tuple[Cue, ...]:
    return read_cues(files.get(name, b"").decode("utf-8", "replace"))


def _chapters(
    board: _Storyboard, captions: Sequence[Cue], titles: Sequence[Cue]
) -> tuple[Chapter, ...]:
    """Lay the captions' times on the sentences: both are the same words in the same order."""
    said = [cue.start for cue in captions for _ in cue.text.split()]
    written = sum(len(one.text.split()) for scene in board.scenes for one in scene.sentences)
    times = iter(said if len(said) == written else [])
    numbers = {source.source_id: number for number, source in enumerate(board.sources, 1)}
    begins = [cue.start for cue in titles] if len(titles) == len(board.scenes) else []
    return tuple(
        Chapter(
            title=scene.title,
            start=begins[index] if begins else None,
            sentences=tuple(
                Said(
                    text=sentence.text,
                    start=_first_time(sentence.text, times),
                    sources=tuple(numbers[one] for one in sentence.source_ids if one in numbers),
                )
                for sentence in scene.sentences
                if sentence.text.split()
            ),
        )
        for index, scene in enumerate(board.scenes)
    )


def _first_time(text: str, times: Iterator[float]) -> float | None:
    """Take as many times as the text has words, and return the first."""
    taken = [next(times, None) for _ in text.split()]
    return taken[0]


def _choices(questions: Sequence[_Question]) -> Iterator[ChoiceQuestion]:
    for one in questions:
        if one.choices and one.right_choice is not None:
            yield ChoiceQuestion(
                ask=one.ask,
                choices=one.choices,
                right_choice=one.right_choice,
                explanation=one.explanation,
            )


def _from_memory(questions: Sequence[_Question]) -> Iterator[RecallQuestion]:
    for one in questions:
        if not one.choices:
            answer = " ".join(part for part in (one.answer, one.explanation) if part)
            yield RecallQuestion(one.ask, answer, one.asked_at)


def _recalls(board: _Storyboard) -> Iterator[RecallQuestion]:
    """Return what a lesson without a quiz asks and then answers."""
    for scene in board.scenes:
        if scene.kind == SceneKind.QUESTION.value and len(scene.sentences) > 1:
            answer = " ".join(one.text for one in scene.sentences[1:])
            yield RecallQuestion(scene.sentences[0].text, answer)
