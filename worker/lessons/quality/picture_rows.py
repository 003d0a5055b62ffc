"""Rows about the pictures, measured from the render plans: what is drawn, where and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from worker.lessons.quality.evidence import Shown
from worker.lessons.quality.report import Failure, Reading, Row, counted, worst_above, worst_below
from worker.lessons.render_plan import (
    CAPTION_ZONE_TOP,
    UPRIGHT_CAPTION_ZONE_TOP,
    Box,
    Element,
    FormulaElement,
    Role,
    ScenePlan,
    TextElement,
)
from worker.lessons.timeline import FRAMES_PER_SECOND, PlacedScene

CUE_SECONDS = 0.3
SMALLEST_TEXT = 36
MOST_FLASHES = 3
FLASH_AREA = 0.25 * 341 * 256 / (1024 * 768)
"""Of the frame: a quarter of 10 degrees of sight; smaller things do not flash (WCAG 2.1)."""

_SPOKEN_TOGETHER = 12
"""Parts named within so many frames are spoken about together. (ours)"""

_SETTLED = 6
"""Frames after a word by which its highlight is more there than not. (ours)"""

_HALF = 0.5
_HIGHLIGHTS = ("glow", "pill")


def _scenes(shown: Shown) -> Iterator[tuple[PlacedScene, ScenePlan]]:
    yield from zip(shown.spoken.timeline.scenes, shown.plans, strict=True)


def _word_second(scene: PlacedScene, sentence: int, word: int) -> float | None:
    """When a word of a scene starts, from the scene's start; None if there is no such word."""
    if 0 <= sentence < len(scene.sentences) and 0 <= word < len(scene.sentences[sentence].words):
        return scene.sentences[sentence].words[word].start
    return None


def _off(element: Element, second: float) -> float:
    """The further of an element's first sight and its full sight from a moment."""
    first = element.motion.first_frame / FRAMES_PER_SECOND
    full = (element.motion.first_frame + element.motion.fade_in) / FRAMES_PER_SECOND
    return max(abs(first - second), abs(full - second))


def _bullet_cues(shown: Shown) -> Reading:
    found = []
    for scene, plan in _scenes(shown):
        drawn = {one.element_id: one for one in plan.elements}
        for number, bullet in enumerate(scene.scene.bullets, start=1):
            second = _word_second(scene, bullet.sentence_index, bullet.cue_word_index)
            element = drawn.get(f"bullet-{number}")
            off = _off(element, second) if element and second is not None else scene.end
            at = scene.start + (second or 0.0)
            found.append((off, Failure(f"{bullet.text!r} is {off:.2f} s off", at)))
    return worst_above(found, CUE_SECONDS)


def _part_cues(shown: Shown) -> Reading:
    """Each part of a visual comes with the word that names it first."""
    found = []
    for scene, plan in _scenes(shown):
        named: dict[str, float] = {}
        for cue in scene.scene.part_cues:
            second = _word_second(scene, cue.sentence_index, cue.word_index)
            if second is not None:
                named[cue.part_id] = min(second, named.get(cue.part_id, second))
        for part, second in named.items():
            drawn = [one for one in plan.elements if _part_of(one, named) == part]
            first = min(drawn, key=lambda one: one.motion.first_frame, default=None)
            off = _off(first, second) if first else scene.end
            what = f"the part {part} is {off:.2f} s off"
            found.append((off, Failure(what, scene.start + second)))
    return worst_above(found, CUE_SECONDS)


def _part_of(element: Element, parts: dict[str, float]) -> str | None:
    """The part that an element draws, by its id: of `push` and `push-back` the longer one."""
    name = element.element_id
    fits = [one for one in parts if name == f"part-{one}" or name.startswith(f"part-{one}-")]
    return max(fits, key=len, default=None)


def _highlight(shown: Shown) -> Reading:
    """At each naming the named part is highlighted, and no other one; bullets likewise."""
    failures = []
    for scene, plan in _scenes(shown):
        cues = list(_named_at(scene))
        names = dict(cues)
        looks = [(name, one) for one in plan.elements if (name := _highlighted(one, names))]
        drawn = {name for name, _ in looks}
        for name, second in cues:
            frame = min(round(second * FRAMES_PER_SECOND) + _SETTLED, plan.frame_count - 1)
            near = {other for other, at in cues if _is_together(at, second)}
            seen = {other: _opacity(looks, other, frame) for other in drawn}
            rivals = [
                other
                for other, opacity in seen.items()
                if opacity > _HALF and other not in near and _kind(other) == _kind(name)
            ]
            if name in drawn and not seen[name]:
                rivals.append("nothing")
            failures += [
                Failure(f"{name} is spoken about, {other} is highlighted", scene.start + second)
                for other in rivals[:1]
            ]
    return counted(failures)


def _named_at(scene: PlacedScene) -> Iterator[tuple[str, float]]:
    for cue in scene.scene.part_cues:
        second = _word_second(scene, cue.sentence_index, cue.word_index)
        if second is not None:
            yield f"part-{cue.part_id}", second
    for number, bullet in enumerate(scene.scene.bullets, start=1):
        second = _word_second(scene, bullet.sentence_index, bullet.cue_word_index)
        if second is not None:
            yield f"bullet-{number}", second


def _highlighted(element: Element, names: dict[str, float]) -> str | None:
    """What an element is the highlight of; None where it is none."""
    fits = [one for one in names if element.element_id.startswith(f"{one}-")]
    name = max(fits, key=len, default=None)
    if name is None:
        return None
    look = element.element_id.removeprefix(f"{name}-")
    marks = ("highlight",) if _kind(name) == "bullet" else _HIGHLIGHTS
    return name if look.startswith(marks) else None


def _kind(name: str) -> str:
    return name.partition("-")[0]


def _is_together(one: float, other: float) -> bool:
    return abs(one - other) * FRAMES_PER_SECOND <= _SPOKEN_TOGETHER


def _opacity(looks: Sequence[tuple[str, Element]], name: str, frame: int) -> float:
    return max((one.motion.opacity_at(frame) for owner, one in looks if owner == name), default=0.0)


def _texts(plan: ScenePlan) -> list[TextElement | FormulaElement]:
    return [one for one in plan.elements if isinstance(one, TextElement | FormulaElement)]


def _second_of(scene: PlacedScene, element: Element) -> float:
    return scene.start + element.motion.first_frame / FRAMES_PER_SECOND


def _clipped(shown: Shown) -> Reading:
    failures = []
    for scene, plan in _scenes(shown):
        frame = Box(0, 0, plan.width, plan.height)
        failures += [
            Failure(f"{one.element_id} leaves the frame", _second_of(scene, one))
            for one in _texts(plan)
            if not frame.contains(one.box)
        ]
    return counted(failures)


def _overlaps(shown: Shown) -> Reading:
    """A word of a caption that is drawn again in its own place, while it is spoken, covers none."""
    failures = []
    for scene, plan in _scenes(shown):
        for one, other in combinations(_texts(plan), 2):
            if _says_again(one, other):
                continue
            if one.box.overlaps(other.box) and _are_seen_together(one, other):
                later = max(one, other, key=lambda seen: seen.motion.first_frame)
                what = f"{one.element_id} and {other.element_id} overlap"
                failures.append(Failure(what, _second_of(scene, later)))
    return counted(failures)


def _says_again(one: Element, other: Element) -> bool:
    """Whether a text is words of a caption, at the very place where the caption has them."""
    return (
        isinstance(one, TextElement)
        and isinstance(other, TextElement)
        and one.role is other.role is Role.CAPTION
        and set(other.lines) <= set(one.lines)
    )


def _are_seen_together(one: Element, other: Element) -> bool:
    return (
        one.motion.first_frame <= other.motion.last_frame
        and other.motion.first_frame <= one.motion.last_frame
    )


def _caption_zone(shown: Shown) -> Reading:
    failures = []
    for scene, plan in _scenes(shown):
        top = CAPTION_ZONE_TOP if plan.width > plan.height else UPRIGHT_CAPTION_ZONE_TOP
        failures += [
            Failure(f"{one.element_id} reaches into the caption zone", _second_of(scene, one))
            for one in plan.elements
            if one.role not in {Role.CAPTION, Role.CURTAIN} and one.box.bottom > top
        ]
    return counted(failures)


def _text_size(shown: Shown) -> Reading:
    """Indices and exponents of a formula are smaller by nature: its largest signs count."""
    found = []
    for scene, plan in _scenes(shown):
        for one in _texts(plan):
            size = one.font_size if isinstance(one, TextElement) else _formula_size(one)
            what = f"{one.element_id} is {size} px"
            found.append((float(size), Failure(what, _second_of(scene, one))))
    return worst_below(found, SMALLEST_TEXT)


def _formula_size(formula: FormulaElement) -> int:
    return max((run.font_size for run in formula.runs), default=SMALLEST_TEXT)


def _flashes(shown: Shown) -> Reading:
    """The most times within a second that something in one place comes and goes."""
    found = []
    for scene, plan in _scenes(shown):
        large = [one for one in plan.elements if _is_large(one, plan)]
        for one in large:
            near = [other for other in large if other.box.overlaps(one.box)]
            comings = [other.motion.first_frame for other in near]
            goings = [other.motion.last_frame for other in near]
            start = one.motion.first_frame
            count = min(_within_a_second(comings, start), _within_a_second(goings, start))
            what = f"{count} flashes within a second around {one.element_id}"
            found.append((float(count), Failure(what, _second_of(scene, one))))
    return worst_above(found, MOST_FLASHES)


def _is_large(element: Element, plan: ScenePlan) -> bool:
    return element.box.width * element.box.height >= FLASH_AREA * plan.width * plan.height


def _within_a_second(frames: Sequence[int], start: int) -> int:
    return sum(start <= frame < start + FRAMES_PER_SECOND for frame in frames)


def _scene_frames(shown: Shown) -> Reading:
    """Pictures and narration of a scene take as many frames: nothing drifts."""
    return counted(
        [
            Failure(f"{plan.frame_count} frames drawn, {scene.frame_count} spoken", scene.start)
            for scene, plan in _scenes(shown)
            if plan.frame_count != scene.frame_count
        ]
    )


PICTURE_ROWS: tuple[Row[Shown], ...] = (
    Row("bullet-cues", "0.3 s or less from the word", "s", _bullet_cues),
    Row("part-cues", "0.3 s or less from the word", "s", _part_cues),
    Row("signalling", "what is spoken about is highlighted", "words", _highlight),
    Row("clipping", "no text leaves the frame", "texts", _clipped),
    Row("overlap", "no two texts share a pixel", "pairs", _overlaps),
    Row("caption-zone", "nothing stands in it", "elements", _caption_zone),
    Row("text-size", "36 px or more at 1080p", "px", _text_size),
    Row("flashes", "3 a second or fewer", "flashes", _flashes),
    Row("scene-frames", "pictures as long as the narration", "scenes", _scene_frames),
)
"""What needs the render plans."""
