"""What a checkpoint is kept under, and that it reads back as it was."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.lessons.small_lesson import scene, storyboard
from tests.unit.pipeline.conftest import FOUND
from worker.lessons.ending import Ending, PublishedLesson
from worker.lessons.request import Modality
from worker.lessons.safety.harm import Harm
from worker.lessons.safety.help_text import help_text
from worker.lessons.stage import Status
from worker.lessons.storyboard import Bullet, Sentence
from worker.lessons.understanding import (
    ClarificationNeeded,
    Grounding,
    Judge,
    OutOfScope,
    TopicFound,
    Understanding,
    Unsafe,
)
from worker.pipeline.announce import answered, completed
from worker.pipeline.run_stages import (
    _GROUNDING,
    _STORYBOARD,
    _UNDERSTANDING,
    Checkpoint,
    _asked,
)
from worker.pipeline.tools import Errand

TEXTS = st.text(max_size=20)
UNDERSTANDINGS = st.one_of(
    st.builds(TopicFound, TEXTS, TEXTS, TEXTS, st.integers(1, 12)),
    st.builds(ClarificationNeeded, st.lists(TEXTS, max_size=3).map(tuple)),
    st.builds(OutOfScope, st.lists(TEXTS, max_size=3).map(tuple)),
    st.builds(Unsafe, st.sampled_from(Judge), st.sampled_from(Harm)),
)


def digest(*made_from: object) -> str:
    return Checkpoint(_GROUNDING, made_from).digest


@given(UNDERSTANDINGS)
def test_an_understanding_reads_back_as_it_was(understanding: Understanding) -> None:
    kept = _UNDERSTANDING.dump_json(understanding)
    assert _UNDERSTANDING.validate_json(kept) == understanding


def test_a_grounding_and_a_storyboard_read_back_as_they_were() -> None:
    grounding = Grounding("forces", ("physics", "primer"))
    assert _GROUNDING.validate_json(_GROUNDING.dump_json(grounding)) == grounding
    story = storyboard(replace(scene(1, Sentence("Ü?", ("physics",))), bullets=(Bullet("x", 0),)))
    assert _STORYBOARD.validate_json(_STORYBOARD.dump_json(story)) == story


def test_the_same_input_is_kept_under_the_same_digest_in_every_process() -> None:
    assert digest(FOUND, Grounding("forces", ("physics",))) == (
        "c9a855129219c55246e6f4c071c1a365fdba86f366a31f283c196e63be3e4105"
    )


@pytest.mark.parametrize(
    "other",
    [
        {"query": "Explain atoms"},
        {"grade_level": 9},
        {"interest": None},
        {"interest": "music"},
        {"language": "en-GB"},
        {"duration_seconds": 91},
        {"modalities": (Modality.TEXT, Modality.AUDIO)},
    ],
)
def test_whatever_a_storyboard_depends_on_changes_its_digest(
    errand: Errand, other: dict[str, object]
) -> None:
    changed = replace(errand.request, **other)  # type: ignore[arg-type]  # one field each
    assert digest(*_asked(changed)) != digest(*_asked(errand.request))


def test_who_asks_does_not_change_a_digest(errand: Errand) -> None:
    other = replace(errand.request, student_id="student-2", correlation_id="correlation-2")
    assert digest(*_asked(other)) == digest(*_asked(errand.request))


def test_a_digest_shows_nothing_of_what_the_student_wrote(errand: Errand) -> None:
    assert len(digest(*_asked(errand.request))) == 64
    assert "forces" not in digest(*_asked(errand.request))


def test_an_answer_ends_with_what_the_student_can_tap() -> None:
    assert answered(ClarificationNeeded(("a", "b")), "en") == Ending(
        Status.CLARIFICATION_NEEDED, questions=("a", "b")
    )
    assert answered(OutOfScope(("c",)), "en") == Ending(Status.OUT_OF_SCOPE, questions=("c",))


@pytest.mark.parametrize("harm", list(Harm))
def test_what_is_unsafe_ends_with_a_text_that_helps_in_the_request_s_language(harm: Harm) -> None:
    ending = answered(Unsafe(Judge.RULES, harm), "es-US")
    assert ending == Ending(Status.UNSAFE, help_text=help_text(harm, "es-US"))


def test_an_unsafe_checkpoint_of_an_older_version_reads_as_unfit() -> None:
    kept = _UNDERSTANDING.validate_json('{"judged_by": "writer"}')
    assert kept == Unsafe(Judge.WRITER, Harm.UNFIT)


def test_a_lesson_that_was_made_completes_the_request() -> None:
    lesson = PublishedLesson("manifest", (), None)
    assert completed(lesson) == Ending(Status.COMPLETED, lesson=lesson)
