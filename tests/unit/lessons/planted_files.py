"""Bad lessons: pictures, captions, sound and file, each wrong in one way."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

from tests.unit.lessons.judged_lesson import (
    VOICE_DB,
    good_evidence,
)
from tests.unit.lessons.planted_words import EXPLANATION, PLANTS, plant
from worker.lessons.quality.evidence import (
    LEVELS_PER_SECOND,
    Evidence,
    FileFigures,
    ReadCue,
    SoundFigures,
    TextContrast,
)
from worker.lessons.render_plan import (
    Box,
    Element,
    Motion,
    PanelElement,
    Role,
    ScenePlan,
    TextElement,
)
from worker.lessons.storyboard import SceneKind
from worker.lessons.timeline import Timeline


def drawn(change: Callable[[ScenePlan], ScenePlan]) -> Evidence:
    good = good_evidence()
    assert good.plans is not None
    plans = list(good.plans)
    plans[EXPLANATION] = change(plans[EXPLANATION])
    return replace(good, plans=tuple(plans))


def with_element(name: str, change: Callable[[Element], Element]) -> Evidence:
    def changed(plan: ScenePlan) -> ScenePlan:
        assert name in {one.element_id for one in plan.elements}
        elements = [change(one) if one.element_id == name else one for one in plan.elements]
        return replace(plan, elements=tuple(elements))

    return drawn(changed)


def later(element: Element, frames: int) -> Element:
    motion = element.motion
    return replace(element, motion=replace(motion, first_frame=motion.first_frame + frames))


def captioned(change: Callable[[ReadCue], ReadCue]) -> Evidence:
    """Change the longest cue."""
    good = good_evidence()
    assert good.captions is not None
    longest = max(good.captions, key=lambda cue: len(" ".join(cue.lines)))
    cues = tuple(change(cue) if cue is longest else cue for cue in good.captions)
    return replace(good, captions=cues)


def sounding(change: Callable[[SoundFigures, Timeline], SoundFigures]) -> Evidence:
    good = good_evidence()
    assert good.sound is not None
    assert good.timeline is not None
    return replace(good, sound=change(good.sound, good.timeline))


def heard_at(sound: SoundFigures, start: float, end: float, level: float) -> SoundFigures:
    first, last = round(start * LEVELS_PER_SECOND), round(end * LEVELS_PER_SECOND)
    levels = (*sound.levels[:first], *[level] * (last - first), *sound.levels[last:])
    return replace(sound, levels=levels)


def filed(change: Callable[[FileFigures], FileFigures]) -> Evidence:
    good = good_evidence()
    assert good.file is not None
    return replace(good, file=change(good.file))


@plant("bullet-cues")
def a_bullet_a_second_late() -> Evidence:
    return with_element("bullet-1", lambda one: later(one, 30))


@plant("part-cues")
def a_part_before_its_word() -> Evidence:
    def earlier(plan: ScenePlan) -> ScenePlan:
        moved = [
            later(one, -20) if re.match(r"part-a(-|$)", one.element_id) else one
            for one in plan.elements
        ]
        return replace(plan, elements=tuple(moved))

    return drawn(earlier)


@plant("signalling")
def the_wrong_bullet_is_highlighted() -> Evidence:
    def swapped(plan: ScenePlan) -> ScenePlan:
        looks = {one.element_id: one for one in plan.elements}
        one, other = looks["bullet-1-highlight"], looks["bullet-2-highlight"]
        motions = {one.element_id: other.motion, other.element_id: one.motion}
        return replace(
            plan,
            elements=tuple(
                replace(e, motion=motions.get(e.element_id, e.motion)) for e in plan.elements
            ),
        )

    return drawn(swapped)


@plant("clipping")
def a_text_over_the_edge() -> Evidence:
    return with_element("title", lambda one: replace(one, box=one.box.moved(-1000, 0)))


@plant("overlap")
def two_texts_in_one_place() -> Evidence:
    good = good_evidence()
    assert good.plans is not None
    first = next(e for e in good.plans[EXPLANATION].elements if e.element_id == "bullet-1")
    return with_element("bullet-2", lambda one: replace(one, box=first.box))


@plant("caption-zone")
def a_card_behind_the_captions() -> Evidence:
    return with_element("bullet-1-card", lambda one: replace(one, box=Box(200, 900, 300, 60)))


@plant("text-size")
def a_text_too_small_to_read() -> Evidence:
    def smaller(element: Element) -> Element:
        assert isinstance(element, TextElement)
        return replace(element, font_size=30)

    return with_element("title", smaller)


@plant("flashes")
def four_flashes_in_a_second() -> Evidence:
    def flashing(plan: ScenePlan) -> ScenePlan:
        flashes = [
            PanelElement(
                f"flash-{number}",
                Role.DECORATION,
                Box(100, 200, 800, 600),
                Motion(100 + 7 * number, 103 + 7 * number),
                "#ffffff",
            )
            for number in range(4)
        ]
        return replace(plan, elements=(*plan.elements, *flashes))

    return drawn(flashing)


@plant("scene-frames")
def a_frame_too_many() -> Evidence:
    return drawn(lambda plan: replace(plan, frame_count=plan.frame_count + 1))


@plant("glyphs")
def a_box_in_place_of_a_letter() -> Evidence:
    return replace(good_evidence(), missing_glyphs=("U+0416 CYRILLIC CAPITAL LETTER ZHE",))


@plant("attribution")
def a_card_that_forgets_a_source() -> Evidence:
    good = good_evidence()
    assert good.plans is not None
    *others, card = good.plans
    kept = tuple(one for one in card.elements if one.element_id != "source-2")
    return replace(good, plans=(*others, replace(card, elements=kept)))


@plant("caption-line")
def a_line_over_the_whole_width() -> Evidence:
    return captioned(lambda cue: replace(cue, lines=(" ".join(cue.lines),)))


@plant("caption-lines")
def three_lines() -> Evidence:
    def third(cue: ReadCue) -> ReadCue:
        head, tail = cue.lines[-1].split(" ", 1)
        return replace(cue, lines=(*cue.lines[:-1], head, tail))

    return captioned(third)


@plant("caption-seconds")
def a_caption_that_stays() -> Evidence:
    return captioned(lambda cue: replace(cue, end=cue.start + 7.5))


@plant("caption-speed")
def a_caption_that_runs_away() -> Evidence:
    return captioned(lambda cue: replace(cue, end=cue.start + len(" ".join(cue.lines)) / 19))


@plant("caption-words")
def a_caption_that_says_otherwise() -> Evidence:
    return captioned(lambda cue: replace(cue, lines=(*cue.lines[:-1], f"{cue.lines[-1][:-1]}x")))


@plant("caption-timing")
def a_caption_that_comes_late() -> Evidence:
    return captioned(lambda cue: replace(cue, start=cue.start + 0.15))


@plant("loudness")
def too_quiet() -> Evidence:
    return sounding(lambda sound, _: replace(sound, lufs=-19.0))


@plant("true-peak")
def too_loud_between_samples() -> Evidence:
    return sounding(lambda sound, _: replace(sound, true_peak=-0.4))


@plant("answer-silence")
def a_noise_in_the_pause() -> Evidence:
    def noisy(sound: SoundFigures, timeline: Timeline) -> SoundFigures:
        scene = next(one for one in timeline.scenes if one.scene.kind is SceneKind.QUESTION)
        middle = scene.start + scene.sentences[0].end + 1.6
        return heard_at(sound, middle, middle + 0.2, VOICE_DB)

    return sounding(noisy)


@plant("no-music")
def music_under_the_title() -> Evidence:
    def playing(sound: SoundFigures, timeline: Timeline) -> SoundFigures:
        start = timeline.scenes[2].start
        return heard_at(sound, start, start + 0.15, -30.0)

    return sounding(playing)


@plant("drift")
def a_scene_that_is_heard_late() -> Evidence:
    def late(sound: SoundFigures, timeline: Timeline) -> SoundFigures:
        scene = timeline.scenes[3]
        start = scene.start + scene.sentences[0].words[0].start
        return heard_at(sound, start, start + 0.3, -90.0)

    return sounding(late)


@plant("durations")
def sound_that_ends_early() -> Evidence:
    return filed(lambda file: replace(file, audio_seconds=file.audio_seconds - 0.1))


@plant("chapters")
def a_chapter_that_starts_late() -> Evidence:
    def late(file: FileFigures) -> FileFigures:
        (title, start), *rest = file.chapters[::-1]
        return replace(file, chapters=(*rest[::-1], (title, start + 0.2)))

    return filed(late)


@plant("contrast")
def grey_on_grey() -> Evidence:
    pale = TextContrast("bullet-1", 12.0, 4.2, is_large=False)
    return filed(lambda file: replace(file, contrasts=(*file.contrasts, pale)))


@plant("bt709")
def colours_without_a_name() -> Evidence:
    return filed(lambda file: replace(file, is_bt709=False))


@plant("faststart")
def the_index_at_the_end() -> Evidence:
    return filed(lambda file: replace(file, is_faststart=False))


ALL_PLANTS = MappingProxyType(PLANTS)
"""Bad lessons by the row that they fail: those of this module, and of `planted_words`."""
