"""Chooses the sentences of a lesson and arranges them into scenes.

A lesson starts from the sentences that the shortest one holds and grows by the next ones in a
fixed order until it comes closest to the length asked for. Which scenes the sentences form follows
from what was chosen: a part too short for a scene of its own joins a neighbour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from types import MappingProxyType

from worker.adapters.lesson_length import estimate_scene_seconds
from worker.adapters.lesson_lines import (
    GUESS_PAUSE,
    Line,
    Part,
    bullets,
    closed,
    interest_share,
    of_parts,
    part_cues,
)
from worker.adapters.lesson_wording import Wording
from worker.lessons.pace import Pace
from worker.lessons.sources_card import CARD_SECONDS
from worker.lessons.storyboard import Scene, SceneKind
from worker.lessons.timeline import TAIL_SECONDS
from worker.lessons.visuals import Visual

SHORTEST_SCENE_SECONDS = 9.5
"""The lesson rules' 8 s and a margin: the estimate of a short scene was up to 16% off."""

LONGEST_SCENE_SECONDS = 71.0
"""The lesson rules' 75 s, and a little less, for the same reason."""

SHORTEST_AIM, LONGEST_AIM = 48.0, 333.0
"""Seconds. Lessons last 45-345 s; what the offline voice spoke was between 5% shorter and 1%
longer than its estimate over 22 lessons, so that nothing closer to the limits is aimed at."""

LEAST_TOLD = 46.0
"""Seconds. What the interest with the shortest words comes to by the estimate: the rules' 45 s
and the second by which the estimate may be off."""

MOST_SCENES = 7
MOST_BULLETS = 6
MOST_BULLETS_OVER_A_LONG_DISPLAY = 5
MOST_BULLETS_BESIDE_A_VISUAL = 4
LONG_DISPLAY = 30
"""Lines that one scene can show large enough to read; a display of more characters than this
stands below them and takes room, and a visual leaves them half of the width. (ours)"""

TERMS_SHARE = 0.20
"""Key terms are defined within this share of the lesson."""

TERMS_WITHOUT_A_SCENE = 2

INTEREST_SHARE = 0.20
"""The hook and the analogy take at most this share of the words."""

OVERSHOOT = 1.06
"""How far above the length aimed at a sentence may take the lesson, as a factor. (ours)"""

DILUTING_OVERSHOOT = 1.13
"""The same above the length asked for, while the interest still takes too many of the words, and
with the sources card: the rules' 15% and a little less. (ours)"""

_Move = tuple[Part, int]

_CORE: frozenset[_Move] = frozenset(
    (part, 0) for part in (Part.HOOK, Part.TERMS, Part.EXPLANATION, Part.QUESTION, Part.CLOSING)
)
"""What every lesson holds."""

_FIRST: tuple[_Move, ...] = (
    (Part.TAKEAWAYS, 0),
    (Part.MAPPING, 0),
    (Part.ELABORATION, 0),
    (Part.PREDICTION, 0),
    (Part.EXPLANATION, 1),
    (Part.RECALL, 0),
    (Part.MAPPING, 1),
    (Part.RECALL, 0),  # again: the analogy may fill a scene only now
    (Part.TERMS, 1),
    (Part.QUESTION, 1),
)
_BETWEEN: tuple[_Move, ...] = ((Part.TAKEAWAYS, 1), (Part.EXPLANATION, 2))
_AFTER: tuple[_Move, ...] = (
    (Part.TERMS, 2),
    (Part.EXPLANATION, 3),
    (Part.MAPPING, 2),
    (Part.EXPLANATION, 4),
    (Part.TAKEAWAYS, 2),
    (Part.MISCONCEPTION, 1),
    (Part.EXPLANATION, 5),
    (Part.EXAMPLE, 1),
    (Part.QUESTION, 2),
    (Part.EXPLANATION, 6),
    (Part.QUESTION, 3),
    *((Part.EXPLANATION, number) for number in (7, 8, 9)),
    (Part.FURTHER_QUESTION, 0),
    (Part.FURTHER_EXAMPLE, 0),
    (Part.FURTHER_MISCONCEPTION, 0),
    (Part.FURTHER_QUESTION, 1),
    (Part.TRY, 0),
    (Part.DOUBT, 0),
    *((Part.FURTHER_EXPLANATION, number) for number in range(10)),
    (Part.FURTHER_QUESTION, 2),
    *((Part.FURTHER_MISCONCEPTION, number) for number in (1, 2)),
)
"""The order in which a lesson grows; the worked example and the misconception stand before and
after `_BETWEEN`, in the topic's order."""

_NEEDS = MappingProxyType(
    {
        Part.ELABORATION: Part.EXPLANATION,
        Part.FURTHER_QUESTION: Part.QUESTION,
        Part.FURTHER_EXAMPLE: Part.EXAMPLE,
        Part.TRY: Part.FURTHER_EXAMPLE,
        Part.DOUBT: Part.MISCONCEPTION,
        Part.FURTHER_MISCONCEPTION: Part.MISCONCEPTION,
        Part.RECALL: Part.MAPPING,
    }
)
"""Parts that continue another one."""

_OTHER_SCENES = 5
"""Scenes of a lesson beside the analogy, the misconception and the worked example."""


@dataclass(frozen=True, slots=True)
class Composition:
    """Chooses sentences for one lesson and arranges them into scenes.

    It is decided for the topic, not for the interest: with the longest words that any of its
    analogies has, and with the shortest where a scene must be filled. So all lessons of a topic,
    a grade and a length say the same but for hook and analogy, scene by scene, and what was
    spoken and drawn for one serves the others.
    """

    wording: Wording
    example_first: bool
    titles: Mapping[SceneKind, str]
    visuals: Mapping[SceneKind, Visual | None]
    pace: Pace
    target_seconds: float

    @property
    def aim(self) -> float:
        """The length in seconds to come close to."""
        return min(max(self.target_seconds, SHORTEST_AIM), LONGEST_AIM)

    def scenes(self) -> tuple[Scene, ...]:
        """Grow the lesson; give up analogy sentences while the interest takes too many words."""
        moves = self._moves()
        while True:
            chosen = self._grow(moves)
            extra = [move for move in moves if move[0] is Part.MAPPING]
            if not extra or self._interest_share(chosen) <= INTEREST_SHARE:
                return tuple(
                    self._scene(kind, self.wording.as_told(lines))
                    for kind, lines in self._drafts(chosen)
                )
            moves = tuple(move for move in moves if move != extra[-1])

    def _grow(self, moves: Sequence[_Move]) -> tuple[Line, ...]:
        taken = set(_CORE)
        chosen = _taken(self.wording.longest, taken)
        seconds = sum(self._scene_lengths(chosen))
        for move in moves:
            if move in taken or not _follows(move, taken):
                continue
            grown = _taken(self.wording.longest, taken | {move})
            lengths = self._scene_lengths(grown)
            fits = max(lengths) <= LONGEST_SCENE_SECONDS and self._terms_come_early(grown)
            if fits and self._improves((chosen, seconds), (grown, sum(lengths))):
                taken.add(move)
                chosen, seconds = grown, sum(lengths)
        return chosen

    def _improves(
        self, before: tuple[Sequence[Line], float], after: tuple[Sequence[Line], float]
    ) -> bool:
        """Tell whether sentences bring a lesson closer to its length, or the interest to its."""
        (chosen, present), (grown, seconds) = before, after
        most = self.target_seconds * DILUTING_OVERSHOOT - CARD_SECONDS
        share = self._interest_share(chosen)
        few = len(of_parts(chosen, Part.MAPPING)) <= 1
        if few and share > INTEREST_SHARE and self._interest_share(grown) < share:
            return present < seconds <= most
        if self._is_told_too_briefly(chosen):
            return present < seconds <= max(most + CARD_SECONDS, SHORTEST_AIM)
        closer = abs(seconds - self.aim) < abs(present - self.aim)
        return closer and seconds <= min(self.aim * OVERSHOOT, max(most, SHORTEST_AIM))

    def _is_told_too_briefly(self, chosen: Sequence[Line]) -> bool:
        """Tell whether some interest's lesson would be shorter than a lesson may be."""
        if self.target_seconds > SHORTEST_AIM:
            return False
        told = [closed(self.wording.at_shortest(lines)) for _, lines in self._drafts(chosen)]
        return sum(estimate_scene_seconds(lines, self.pace) for lines in told) < LEAST_TOLD

    def _scene_lengths(self, chosen: Sequence[Line]) -> list[float]:
        drafts = self._drafts(chosen)
        return [estimate_scene_seconds(closed(lines), self.pace) for _, lines in drafts]

    def _interest_share(self, chosen: Sequence[Line]) -> float:
        return interest_share(self.wording.at_wordiest(chosen))

    def _terms_come_early(self, chosen: Sequence[Line]) -> bool:
        """Tell whether the definitions end within their share of the lesson.

        The first is always given; a second may follow the hook at once; a third is worth it only
        where the terms have time for a scene of their own.
        """
        hook, terms = of_parts(chosen, Part.HOOK), of_parts(chosen, Part.TERMS)
        if len(terms) > TERMS_WITHOUT_A_SCENE:
            return self._opens_early(hook + of_parts(chosen, Part.PREDICTION), terms)
        latest = TERMS_SHARE * self.aim
        return len(terms) == 1 or self._end_of_speech(hook + terms) <= latest

    def _end_of_speech(self, lines: Sequence[Line]) -> float:
        return estimate_scene_seconds(closed(lines), self.pace) - TAIL_SECONDS

    def _drafts(self, chosen: Sequence[Line]) -> list[tuple[SceneKind, list[Line]]]:
        """Cut the chosen sentences into scenes of eight seconds or more, seven at most."""
        explanation, inner = self._middle(chosen)
        question = of_parts(chosen, Part.QUESTION, Part.FURTHER_QUESTION)
        takeaways = of_parts(chosen, Part.TAKEAWAYS)
        closing = of_parts(chosen, Part.CLOSING)
        end = [(SceneKind.QUESTION, question), (SceneKind.TAKEAWAYS, takeaways + closing)]
        if not takeaways:
            end = [(SceneKind.QUESTION, question + closing)]
        return [
            *self._opening(chosen, len(inner)),
            (SceneKind.EXPLANATION, explanation),
            *inner,
            *end,
        ]

    def _opening(
        self, chosen: Sequence[Line], inner_scenes: int
    ) -> list[tuple[SceneKind, list[Line]]]:
        """Hook, terms and prompt; without a prompt, the hook's question is the one to guess at."""
        hook, terms = of_parts(chosen, Part.HOOK), of_parts(chosen, Part.TERMS)
        guess = of_parts(chosen, Part.PREDICTION)
        if not guess:
            asked = [replace(line.sentence, pause_after=GUESS_PAUSE) for line in hook]
            hook = [replace(one, sentence=said) for one, said in zip(hook, asked, strict=True)]
        room = inner_scenes + _OTHER_SCENES <= MOST_SCENES
        if room and self._opens_early(hook + guess, terms):
            return [(SceneKind.HOOK, hook + guess), (SceneKind.TERMS, terms)]
        return [(SceneKind.HOOK, hook + terms + guess)]

    def _middle(
        self, chosen: Sequence[Line]
    ) -> tuple[list[Line], list[tuple[SceneKind, list[Line]]]]:
        """The explanation's lines, and the scenes between it and the question."""
        explanation = of_parts(chosen, Part.EXPLANATION, Part.ELABORATION, Part.FURTHER_EXPLANATION)
        recall, mapping = of_parts(chosen, Part.RECALL), of_parts(chosen, Part.MAPPING)
        inner = []
        if recall and self._fills_a_scene(recall + mapping):
            inner.append((SceneKind.ANALOGY, recall + mapping))
        else:
            explanation += mapping
        for kind, parts in self._example_and_misconception():
            lines = of_parts(chosen, *parts)
            if lines:
                inner.append((kind, lines))
        return explanation, inner

    def _example_and_misconception(self) -> tuple[tuple[SceneKind, tuple[Part, ...]], ...]:
        example = (SceneKind.WORKED_EXAMPLE, (Part.EXAMPLE, Part.FURTHER_EXAMPLE, Part.TRY))
        misconception = (
            SceneKind.MISCONCEPTION,
            (Part.MISCONCEPTION, Part.DOUBT, Part.FURTHER_MISCONCEPTION),
        )
        return (example, misconception) if self.example_first else (misconception, example)

    def _moves(self) -> tuple[_Move, ...]:
        """Return the order in which the lesson grows."""
        first, second = ((parts[0], 0) for _, parts in self._example_and_misconception())
        return (*_FIRST, first, *_BETWEEN, second, *_AFTER)

    def _fills_a_scene(self, lines: Sequence[Line]) -> bool:
        fewest = closed(self.wording.at_shortest(lines))
        return estimate_scene_seconds(fewest, self.pace) >= SHORTEST_SCENE_SECONDS

    def _opens_early(self, hook: Sequence[Line], terms: Sequence[Line]) -> bool:
        """Tell whether hook and terms can be scenes of their own and still define in time."""
        end = estimate_scene_seconds(closed(hook), self.pace) + self._end_of_speech(terms)
        early = end <= TERMS_SHARE * self.aim
        return early and self._fills_a_scene(hook) and self._fills_a_scene(terms)

    def _scene(self, kind: SceneKind, lines: Sequence[Line]) -> Scene:
        """Make a scene; its visual is there if all of its parts are named."""
        revealing = next((number for number, line in enumerate(lines) if line.display), 0)
        display = lines[revealing].display
        cues, visual = part_cues(lines), self.visuals.get(kind)
        room = MOST_BULLETS_OVER_A_LONG_DISPLAY if len(display) > LONG_DISPLAY else MOST_BULLETS
        if visual is not None and set(visual.part_ids) > {cue.part_id for cue in cues}:
            visual, cues = None, ()
        if visual is not None:
            room = MOST_BULLETS_BESIDE_A_VISUAL
        return Scene(
            scene_id=kind.value,
            kind=kind,
            title=self.titles[kind],
            sentences=closed(lines),
            bullets=bullets(lines, room),
            display=display,
            display_sentence_index=revealing,
            visual=visual,
            part_cues=cues,
        )


def _follows(move: _Move, taken: AbstractSet[_Move]) -> bool:
    """Tell whether what a move continues is in the lesson."""
    part, priority = move
    needed = _NEEDS.get(part)
    first = priority == 0 or (part, 0) in taken
    return first and (needed is None or (needed, 0) in taken)


def _taken(lines: Sequence[Line], moves: AbstractSet[_Move]) -> tuple[Line, ...]:
    return tuple(line for line in lines if (line.part, line.priority) in moves)
