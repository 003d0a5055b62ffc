"""Rows about the words of a lesson: what is said, and how hard it is to follow."""

from __future__ import annotations

import re
from collections.abc import Iterator

from worker.lessons.quality.evidence import Said, Told
from worker.lessons.quality.report import (
    Failure,
    Reading,
    Row,
    counted,
    worst_above,
    worst_below,
)
from worker.lessons.quality.words import stems, words_of
from worker.lessons.readability import highest_reading_grade, reading_grade
from worker.lessons.storyboard import Scene, SceneKind, Storyboard

FEWEST_SCENES, MOST_SCENES = 3, 7
MOST_NEW_TERMS = 3
INTEREST_SHARE = 0.20
LEAST_ADDRESSED_SHARE = 0.05
"""One sentence in twenty, at the least, says "you" or "your". (ours)"""

_SHARED_STEMS = 3
"""So many words in common with the opening question make a sentence part of the interest."""

_YOU = re.compile(r"\byou(?:r|rs|rself|'re|'ll|'ve|'d)?\b", re.IGNORECASE)
_PROMPT = re.compile(
    r"(?:now |first |so |just |then )*(?:ask|check|choose|compare|count|find|guess|hold|imagine|"
    r"listen|look|make|notice|pause|pick|picture|predict|recall|remember|say|see|take|tell|think|"
    r"try|watch|write)\b",
    re.IGNORECASE,
)
"""Imperatives that speak to the student and state no fact."""

_REFERS = re.compile(r"(?:and |so |but )?(?:that|this|these|those|it|they|he|she)\b", re.IGNORECASE)

_UNSPEAKABLE = re.compile(
    r"[*_#`\\\[\]{}<>|~^=@$%&+/\u00a9\u00ae\u2122\u2190-\u21ff\u2200-\u22ff\u2500-\u27bf]"
    r"|https?:|www\.|[\U0001f000-\U0001ffff]"
    r"|\(\s*(?:pause|music|sfx|sound|narrator|beat|laughs?)\b",
    re.IGNORECASE,
)
"""Markdown, addresses, stage directions and signs: each would be read out or skipped."""

_CLOSING = re.compile(r"^(?:so |now )?can you (?:now )?\b.*\?$", re.IGNORECASE)


def _scene_count(told: Told) -> Reading:
    count = len(told.storyboard.taught)
    failures = () if FEWEST_SCENES <= count <= MOST_SCENES else (Failure(f"{count} scenes", 0.0),)
    return Reading(float(count), failures)


def _scene_titles(told: Told) -> Reading:
    return counted(
        [
            Failure(f"scene {scene.scene_id} has no title", told.second(number))
            for number, scene in enumerate(told.storyboard.scenes)
            if not scene.title.strip()
        ]
    )


def _readability(told: Told) -> Reading:
    board = told.storyboard
    limit = highest_reading_grade(board.grade_level)
    exempt = [board.title, *defined_terms(board)]
    found = []
    for number, scene in enumerate(board.taught):
        grade = reading_grade([one.text for one in scene.sentences], exempt)
        above = grade - limit
        what = f"scene {scene.scene_id} reads at grade {grade:.2f}, {limit:.2f} is allowed"
        found.append((above, Failure(what, told.second(number))))
    return worst_above(found, 0.0)


def defined_terms(board: Storyboard) -> tuple[str, ...]:
    """The key terms that some sentence defines: only these are exempt from readability.

    So a writer cannot make a hard word easy by calling it a key term.
    """
    return tuple(term for term in board.key_terms if definition(board, term) is not None)


def definition(board: Storyboard, term: str) -> tuple[int, int] | None:
    """Scene and sentence of the first statement that says what a term is; None without one."""
    wanted = re.compile(
        rf"\b{re.escape(term)}(?:s|es)?\b[^?]*?\b(?:is|are|means?|tells?|says?|measures?|happens?|"
        rf"occurs?|holds?|gives?|shows?|stays?|makes?|has|have|called|changes?|equals?|turns?|"
        rf"counts?|breaks?|takes?|carr(?:y|ies)|contains?|does|acts?|names?)\b[^?]*[.!]$"
        rf"|\b(?:is|are|call(?:ed)?|means?)\b[^?]*\b{re.escape(term)}(?:s|es)?\b[^?]*[.!]$",
        re.IGNORECASE,
    )
    for number, scene in enumerate(board.scenes):
        for index, sentence in enumerate(scene.sentences):
            if wanted.search(sentence.text):
                return number, index
    return None


def _new_terms(told: Told) -> Reading:
    known: set[str] = set()
    found = []
    for number, scene in enumerate(told.storyboard.scenes):
        said = f" {' '.join(words_of(' '.join(one.text for one in scene.sentences)))} "
        fresh = {t for t in told.storyboard.key_terms if t not in known and _is_in(t, said)}
        known |= fresh
        what = f"scene {scene.scene_id} brings {len(fresh)} new terms"
        found.append((float(len(fresh)), Failure(what, told.second(number))))
    return worst_above(found, MOST_NEW_TERMS)


def _is_in(term: str, said: str) -> bool:
    whole = " ".join(words_of(term))
    return f" {whole} " in said or f" {whole}s " in said


def _interest_share(told: Told) -> Reading:
    ours, everything = 0, 0
    first: Said | None = None
    hook, topic = stems(opening_text(told.storyboard)), _topic_stems(told.storyboard)
    marks = hook - topic - _shared_stems(told.storyboard)
    label = stems(told.storyboard.interest) - topic
    for number, said in enumerate(told.sentences()):
        length = len(said.sentence.text.split())
        everything += length
        own = stems(said.sentence.text)
        is_ours = number == 0 or (
            said.scene.kind is SceneKind.ANALOGY and bool(said.sentence.source_ids)
        )
        if is_ours or own & label or len(own & marks) >= _SHARED_STEMS:
            ours += length
            first = first or said
    share = ours / everything if everything else 0.0
    second = first.second if first else None
    return worst_above([(share, Failure(f"{ours} of {everything} words", second))], INTEREST_SHARE)


def opening_text(board: Storyboard) -> str:
    """The first sentence of a lesson."""
    return next((one.text for scene in board.scenes for one in scene.sentences), "")


_SHARED_KINDS = frozenset(
    {SceneKind.TERMS, SceneKind.MISCONCEPTION, SceneKind.QUESTION, SceneKind.TAKEAWAYS}
)
"""Scenes that a lesson shares with those for other interests."""


def _topic_stems(board: Storyboard) -> frozenset[str]:
    """Words that the topic itself cannot do without, so that they do not mark an interest.

    They are those of the title, the objective, the key terms and their definitions, and of every
    question after the opening one: "animals" in natural selection.
    """
    defined = [place for one in board.key_terms if (place := definition(board, one))]
    texts = [board.scenes[number].sentences[index].text for number, index in defined]
    sentences = [one.text for scene in board.scenes for one in scene.sentences]
    texts += [text for text in sentences[1:] if text.endswith("?")]
    return stems(" ".join((board.title, board.objective, *board.key_terms, *texts)))


def _shared_stems(board: Storyboard) -> frozenset[str]:
    """Words of the scenes that are the same for every interest.

    A hook that uses them ("where does the water go when your paint dries") has not made a
    sentence with them ("where did the water go") one of its own.
    """
    scenes = (scene for scene in board.scenes if scene.kind in _SHARED_KINDS)
    return stems(" ".join(one.text for scene in scenes for one in scene.sentences))


def _second_person(told: Told) -> Reading:
    said = list(told.sentences())
    share = sum(bool(_YOU.search(one.sentence.text)) for one in said) / max(1, len(said))
    what = "the lesson hardly speaks to the student"
    return worst_below(
        [(share, Failure(what, 0.0 if told.timeline else None))], LEAST_ADDRESSED_SHARE
    )


def _coherence(told: Told) -> Reading:
    """A statement that shares no word with anything else of the lesson serves none of it.

    An answer serves its question, and what begins with "that" or "it" the sentence before.
    """
    board = told.storyboard
    everything = [(one, stems(one.sentence.text)) for one in told.sentences()]
    frame = stems(" ".join((board.title, board.objective, board.interest, *board.key_terms)))
    shown = stems(" ".join(_shown_texts(board)))
    failures = []
    for number, (said, own) in enumerate(everything):
        is_answer = number > 0 and everything[number - 1][0].is_question
        if said.is_question or is_answer or _REFERS.match(said.sentence.text):
            continue
        others: set[str] = set().union(*(words for one, words in everything if one is not said))
        if own and not own & (frame | shown | others):
            failures.append(Failure(f"it serves nothing else: {said.sentence.text!r}", said.second))
    return counted(failures)


def _shown_texts(board: Storyboard) -> Iterator[str]:
    for scene in board.scenes:
        yield scene.title
        yield from (bullet.text for bullet in scene.bullets)


def _opening(told: Told) -> Reading:
    first = next(told.sentences(), None)
    asks = first is not None and "?" in first.sentence.text
    return counted([] if asks else [Failure("the lesson does not open with a question", 0.0)])


def _closing(told: Told) -> Reading:
    last = list(told.sentences())[-1:]
    if last and _CLOSING.match(last[0].sentence.text):
        return counted([])
    return counted([Failure("it ends without a can you now", last[0].second if last else None)])


def _provenance(told: Told) -> Reading:
    known = {source.source_id for source in told.storyboard.sources}
    failures = []
    for said in told.sentences():
        unknown = sorted(set(said.sentence.source_ids) - known)
        if unknown:
            failures.append(Failure(f"no source {unknown[0]} in the lesson", said.second))
        elif not said.sentence.source_ids and states_a_fact(said):
            failures.append(Failure(f"no source: {said.sentence.text!r}", said.second))
    return counted(failures)


def states_a_fact(said: Said) -> bool:
    """Whether a sentence claims something: it neither asks nor bids."""
    return not said.is_question and not _PROMPT.match(said.sentence.text)


def _spoken_text(told: Told) -> Reading:
    return counted(
        [
            Failure(f"{found[0]!r} cannot be spoken", said.second)
            for said in told.sentences()
            if (found := _UNSPEAKABLE.search(said.sentence.text))
        ]
    )


def _description(told: Told) -> Reading:
    """Each part of a visual is named by a word of the narration of its scene."""
    failures = [
        Failure(f"no word names the part {part} of {scene.scene_id}", told.second(number))
        for number, scene in enumerate(told.storyboard.scenes)
        for part in _unnamed_parts(scene)
    ]
    return counted(failures)


def _unnamed_parts(scene: Scene) -> Iterator[str]:
    if scene.visual is None:
        return
    named = {
        cue.part_id
        for cue in scene.part_cues
        if cue.sentence_index < len(scene.sentences)
        and cue.word_index < len(scene.sentences[cue.sentence_index].text.split())
    }
    yield from (part for part in scene.visual.part_ids if part not in named)


TEXT_ROWS: tuple[Row[Told], ...] = (
    Row("scene-count", "3-7", "scenes", _scene_count),
    Row("scene-titles", "every scene has one", "scenes without", _scene_titles),
    Row("readability", "at or below the middle of the band", "grades above", _readability),
    Row("new-terms", "3 or fewer a scene", "terms", _new_terms),
    Row("interest-share", "20% of the words or fewer", "share", _interest_share),
    Row("second-person", "5% of the sentences or more", "share", _second_person),
    Row("coherence", "every sentence serves the lesson", "sentences that do not", _coherence),
    Row("opening-question", "the first sentence asks", "faults", _opening),
    Row("closing-question", 'the last sentence asks "can you now"', "faults", _closing),
    Row("provenance", "every factual sentence names its source", "sentences without", _provenance),
    Row("spoken-text", "only what a voice can read", "sentences", _spoken_text),
    Row("audio-description", "the narration names every part", "parts unnamed", _description),
)
"""What needs no more than the storyboard."""
