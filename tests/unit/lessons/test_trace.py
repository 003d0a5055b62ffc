from __future__ import annotations

import pytest

from worker.lessons.stage import Stage
from worker.lessons.trace import Trace


def test_a_trace_names_the_stage_that_runs_and_keeps_its_seconds() -> None:
    trace = Trace()
    with trace.within(Stage.GROUND):
        assert trace.stage is Stage.GROUND
        assert trace.seconds == {}
    assert list(trace.seconds) == ["ground"]
    assert trace.seconds["ground"] >= 0


def test_a_stage_that_fails_stays_the_stage_of_the_trace_and_its_seconds_count() -> None:
    trace = Trace()
    with trace.within(Stage.VALIDATE):
        pass
    with pytest.raises(RuntimeError, match="broken"), trace.within(Stage.RENDER):
        raise RuntimeError("broken")
    assert trace.stage is Stage.RENDER
    assert list(trace.seconds) == ["validate", "render"]


def test_two_traces_share_nothing() -> None:
    one, other = Trace(), Trace()
    one.reused.append("ground")
    with one.within(Stage.GROUND):
        pass
    assert (other.reused, other.seconds) == ([], {})


def test_a_tally_adds_up_what_reuse_saved_and_the_report_names_each_kind() -> None:
    trace = Trace()
    trace.reused.append("narrate")
    trace.sentences.count_reused(0.1)
    trace.sentences.count_reused(0.2)
    trace.segments.made += 1
    assert trace.reuse_report() == {
        "stages": ["narrate"],
        "sentences": {"reused": 2, "made": 0, "not_kept": 0, "seconds_saved": 0.3},
        "segments": {"reused": 0, "made": 1, "not_kept": 0, "seconds_saved": 0.0},
    }
