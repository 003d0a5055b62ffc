"""The preflight's own rules: which checks run, and what the clock says."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from schema_checks import Level, Report
from tests.unit.test_settings import CLOUD
from tests.virtual_time import run_in_virtual_time
from worker import boot_checks
from worker.adapters.price_file import load_prices
from worker.boot_checks import CHECK_SECONDS, CHECKS, Selection, run_preflight
from worker.boot_checks.clock import MOST_SKEW_SECONDS, judge_clock
from worker.boot_checks.findings import NamedCheck
from worker.boot_checks.prices import judge_prices
from worker.bootstrap import Resources
from worker.lessons.costs import PriceTable
from worker.lessons.errors import RefusedError
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
    assert running(Selection(is_offline=True)) == {"models", "prices", "voice", "rendering"}


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


async def _never(_: Resources) -> Report:
    await asyncio.Event().wait()
    return Report()


async def _wrong_password(_: Resources) -> Report:
    raise RefusedError("PostgreSQL refused the connection", "correct DATABASE_URL")


async def _takes_a_while(_: Resources) -> Report:
    await asyncio.sleep(CHECK_SECONDS - 1)
    return Report()


def test_checks_run_at_once_each_within_its_time_and_one_that_fails_hides_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checks = (
        NamedCheck("slow", _takes_a_while, ""),
        NamedCheck("other", _takes_a_while, ""),
        NamedCheck("hangs", _never, ""),
        NamedCheck("refused", _wrong_password, "DATABASE_URL"),
    )
    monkeypatch.setattr(boot_checks, "CHECKS", checks)
    resources: Any = SimpleNamespace(settings=SETTINGS)
    verdict, seconds = run_in_virtual_time(run_preflight(resources, ()))
    assert seconds == pytest.approx(CHECK_SECONDS)
    assert (verdict.has_errors, verdict.could_not_check) == (True, True)
    assert "hangs: no answer within 30 s" in verdict.text
    for said in ("WK601", "DATABASE_URL", "PostgreSQL refused the connection"):
        assert said in verdict.text
    assert "slow" not in verdict.text


GOOGLE = CLOUD | {"WORKER_WRITER": "gemini", "GEMINI_API_KEY": "key", "WORKER_VOICE": "google"}


def unpriced(**changes: str) -> list[tuple[str, str]]:
    """Return the settings that buy what the bundled table has no price for, and what that is."""
    settings, _ = load_settings(GOOGLE | changes)
    found = judge_prices(settings, load_prices(), NOON.date())
    return [(one.subject, one.message.removeprefix("no price is known for the ")) for one in found]


@pytest.mark.parametrize("writer", ["gemini", "curriculum"])
@pytest.mark.parametrize("voice", ["google", "hibari"])
def test_the_bundled_table_has_a_price_for_all_that_the_defaults_buy(
    writer: str, voice: str
) -> None:
    assert unpriced(WORKER_WRITER=writer, WORKER_VOICE=voice) == []


def test_what_settings_buy_without_a_price_is_named_by_its_setting() -> None:
    found = unpriced(
        WORKER_WRITER_MODEL="gemini-9",
        WORKER_VOICE_NAMES="en-US-Neural2-F,es-US-News-D",
        WORKER_VOICE_ALTERNATIVES="en-US-Casual-K",
    )
    assert found == [
        ("WORKER_WRITER_MODEL", "tokens_in of gemini gemini-9"),
        ("WORKER_WRITER_MODEL", "tokens_out of gemini gemini-9"),
        ("WORKER_VOICE_NAMES", "characters of google_voice es-US-News-D"),
        ("WORKER_VOICE_ALTERNATIVES", "characters of google_voice en-US-Casual-K"),
    ]


def test_a_table_that_prices_nothing_lacks_what_every_worker_uses() -> None:
    settings, _ = load_settings(CLOUD)
    found = list(judge_prices(settings, PriceTable("EUR", NOON.date(), ()), NOON.date()))
    assert {(one.code, one.subject, one.level) for one in found} == {
        ("WK404", "WORKER_PRICES", Level.ERROR)
    }
    said = " ".join(one.message for one in found)
    for provider in ("renderer", "cloud_storage", "curriculum", "hibari"):
        assert provider in said
