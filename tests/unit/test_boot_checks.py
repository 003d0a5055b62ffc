"""The preflight's own rules: which checks run, and what the clock says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from schema_checks import Level
from tests.unit.test_settings import CLOUD
from worker.boot_checks import CHECKS, Selection
from worker.boot_checks.clock import MOST_SKEW_SECONDS, judge_clock
from worker.settings import load_settings

SETTINGS, _ = load_settings(CLOUD)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def running(selection: Selection) -> set[str]:
    return {one.name for one in CHECKS if selection.left_out_because(one, SETTINGS) is None}


def test_without_a_selection_every_check_runs() -> None:
    assert running(Selection()) == {one.name for one in CHECKS}


def test_only_the_checks_that_are_named_run() -> None:
    assert running(Selection(only=frozenset({"database", "links"}))) == {"database", "links"}


def test_a_check_that_is_left_out_by_name_does_not_run_even_if_it_is_named() -> None:
    selection = Selection(only=frozenset({"database", "links"}), skip=frozenset({"links"}))
    assert running(selection) == {"database"}


def test_offline_runs_what_needs_no_network() -> None:
    assert running(Selection(is_offline=True)) == {"models", "voice", "rendering"}


@pytest.mark.parametrize("seconds", [0.0, 29.0, -29.0])
def test_a_clock_that_is_kept_is_passed_over(seconds: float) -> None:
    theirs = NOON - timedelta(seconds=seconds)
    assert list(judge_clock(NOON, NOON, theirs)) == []


@pytest.mark.parametrize(("seconds", "word"), [(45.0, "ahead of"), (-45.0, "behind")])
def test_a_clock_that_is_off_is_an_error_that_says_by_how_much(seconds: float, word: str) -> None:
    (finding,) = judge_clock(NOON, NOON, NOON - timedelta(seconds=seconds))
    assert (finding.code, finding.level) == ("WK501", Level.ERROR)
    assert f"45 s {word}" in finding.message


def test_a_slow_answer_is_no_skew() -> None:
    """The service's time is of some moment within the call; its middle is taken."""
    took = timedelta(seconds=2 * MOST_SKEW_SECONDS - 2)
    assert list(judge_clock(NOON, NOON + took, NOON + took)) == []
