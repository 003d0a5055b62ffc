"""Bad lessons: what is said and when, each wrong in one way."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache

from tests.unit.lessons.judged_lesson import (
    evidence_of,
    good_board,
    good_evidence,
    with_scene,
    with_sentence,
)
from worker.lessons.quality.evidence import (
    Evidence,
)
from worker.lessons.storyboard import Scene, SceneKind, Sentence, Storyboard
from worker.lessons.timeline import PlacedScene, Timeline

EXPLANATION = 1
"""Where the explanation stands in the good lesson."""

Plant = Callable[[], Evidence]
PLANTS: dict[str, Plant] = {}


def plant(row: str) -> Callable[[Plant], Plant]:
    def keep(make: Plant) -> Plant:
        PLANTS[row] = cache(make)
        return make

    return keep


def said(board: Storyboard, kind: SceneKind, index: int, text: str) -> Storyboard:
    return with_sentence(board, kind, index, lambda one: replace(one, text=text))


def paused(scene: Scene, index: int, seconds: float) -> Scene:
    sentences = list(scene.sentences)
    sentences[index] = replace(sentences[index], pause_after=seconds)
    return replace(scene, sentences=tuple(sentences))


def timed(scenes: tuple[PlacedScene, ...]) -> Evidence:
    return replace(good_evidence(), timeline=Timeline(scenes))


@plant("scene-count")
def eight_scenes() -> Evidence:
    board = good_board()
    whole = board.scenes[EXPLANATION]
    bare = replace(whole, visual=None, part_cues=(), bullets=(), display="")
    halves = (
        replace(bare, sentences=whole.sentences[:4]),
        replace(bare, scene_id="more", sentences=whole.sentences[4:]),
    )
    scenes = (*board.scenes[:EXPLANATION], *halves, *board.scenes[EXPLANATION + 1 :])
    return evidence_of(replace(board, scenes=scenes))


@plant("scene-titles")
def a_scene_without_a_title() -> Evidence:
    board = with_scene(good_board(), SceneKind.QUESTION, lambda scene: replace(scene, title=" "))
    return replace(good_evidence(), storyboard=board)


@plant("readability")
def words_for_scholars() -> Evidence:
    hard = (
        "Simultaneously, incomprehensible interdisciplinary considerations necessitate "
        "proportionate accelerating forces."
    )
    return evidence_of(said(good_board(), SceneKind.MISCONCEPTION, 2, hard))


@plant("new-terms")
def four_terms_at_once() -> Evidence:
    text = "A push is a force, a pull is a force, a mass is an object, a pair is two."
    board = said(good_board(), SceneKind.HOOK, 1, text)
    return evidence_of(replace(board, key_terms=("push", "pull", "mass", "pair")))


@plant("interest-share")
def basketball_all_the_way() -> Evidence:
    board = good_board()
    for index in range(3):
        text = board.scenes[3].sentences[index].text
        board = said(board, SceneKind.MISCONCEPTION, index, f"In basketball, {text}")
    return evidence_of(board)


@plant("second-person")
def nobody_is_spoken_to() -> Evidence:
    board = good_board()
    for scene in board.scenes:
        for index, sentence in enumerate(
            scene.sentences[: -1 if scene is board.taught[-1] else None]
        ):
            text = re.sub(r"\b([Yy])ou\b", "we", sentence.text)
            board = said(board, scene.kind, index, re.sub(r"\b([Yy])ours?\b", "our", text))
    return evidence_of(board)


@plant("coherence")
def a_sentence_about_umbrellas() -> Evidence:
    stray = "Purple umbrellas dance slowly under bright lanterns."
    return evidence_of(said(good_board(), SceneKind.EXPLANATION, 5, stray))


@plant("opening-question")
def a_statement_to_start() -> Evidence:
    def told(sentence: Sentence) -> Sentence:
        text = "When you jump for a rebound, the floor lifts you up."
        return replace(sentence, text=text, source_ids=("physics-third-law",))

    return evidence_of(with_sentence(good_board(), SceneKind.HOOK, 0, told))


@plant("closing-question")
def a_statement_to_end() -> Evidence:
    def told(sentence: Sentence) -> Sentence:
        text = "Now you know both forces when you push on a door."
        return replace(sentence, text=text, source_ids=("physics-third-law",))

    return evidence_of(with_sentence(good_board(), SceneKind.TAKEAWAYS, -1, told))


@plant("provenance")
def a_fact_from_nowhere() -> Evidence:
    board = with_sentence(
        good_board(), SceneKind.EXPLANATION, 2, lambda one: replace(one, source_ids=())
    )
    return evidence_of(board)


@plant("spoken-text")
def markdown_to_speak() -> Evidence:
    text = "When you walk, your foot pushes the ground *backward*, and it pushes you forward."
    return evidence_of(said(good_board(), SceneKind.EXPLANATION, 5, text))


@plant("audio-description")
def a_part_that_is_never_named() -> Evidence:
    def unnamed(scene: Scene) -> Scene:
        return replace(scene, part_cues=tuple(c for c in scene.part_cues if c.part_id != "a"))

    board = with_scene(good_board(), SceneKind.EXPLANATION, unnamed)
    return replace(good_evidence(), storyboard=board)


def bulleted(text: str) -> Evidence:
    def changed(scene: Scene) -> Scene:
        return replace(scene, bullets=(replace(scene.bullets[0], text=text), *scene.bullets[1:]))

    return evidence_of(with_scene(good_board(), SceneKind.EXPLANATION, changed))


@plant("bullet-words")
def a_bullet_of_nine_words() -> Evidence:
    return bulleted("Push A, push B: it is so for all")


@plant("bullet-trigrams")
def a_bullet_that_is_read_out() -> Evidence:
    return bulleted("One object pushes a second one")


@plant("bullet-sentence")
def a_bullet_of_another_sentence() -> Evidence:
    return bulleted("Foot and ground, walking")


@plant("length")
def half_of_what_was_asked() -> Evidence:
    return replace(good_evidence(), asked_seconds=345)


@plant("length-bounds")
def more_than_345_seconds() -> Evidence:
    board, timeline = good_board(), good_evidence().timeline
    assert timeline is not None
    longer = tuple(
        paused(scene, -1, 70.0 - (placed.end - placed.start))
        for scene, placed in zip(board.taught, timeline.scenes, strict=False)
    )
    return evidence_of(replace(board, scenes=(*longer, board.scenes[-1])))


@plant("scene-seconds")
def a_scene_of_eighty_seconds() -> Evidence:
    board = with_scene(good_board(), SceneKind.TAKEAWAYS, lambda scene: paused(scene, -1, 64.0))
    return evidence_of(board)


@plant("speech-rate")
def a_lesson_for_older_students() -> Evidence:
    """Spoken as to grade 10, to students of grade 8."""
    return replace(good_evidence(), storyboard=replace(good_board(), grade_level=8))


@plant("terms-early")
def a_term_that_nobody_defines() -> Evidence:
    board = good_board()
    return evidence_of(replace(board, key_terms=(*board.key_terms, "momentum")))


@plant("prediction")
def no_time_to_guess() -> Evidence:
    """The prompt stands before a definition, which follows at once."""

    def hurried(scene: Scene) -> Scene:
        *before, definition, prompt = scene.sentences
        hasty = (*before, replace(prompt, pause_after=0.0), definition)
        bullets = (*scene.bullets[:-1], replace(scene.bullets[-1], sentence_index=4))
        return replace(scene, sentences=hasty, bullets=bullets)

    return evidence_of(with_scene(good_board(), SceneKind.HOOK, hurried))


@plant("retrieval-practice")
def no_time_to_answer() -> Evidence:
    return evidence_of(
        with_scene(good_board(), SceneKind.QUESTION, lambda scene: paused(scene, 0, 1.0))
    )


@plant("word-times")
def a_word_before_its_time() -> Evidence:
    timeline = good_evidence().timeline
    assert timeline is not None
    *before, placed, card = timeline.scenes
    first, *rest = placed.sentences
    words = list(first.words)
    words[2] = replace(words[2], start=words[1].start - 0.1)
    moved = replace(placed, sentences=(replace(first, words=tuple(words)), *rest))
    return timed((*before, moved, card))
