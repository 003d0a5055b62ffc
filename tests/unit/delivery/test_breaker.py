"""The breaker's decisions, with a clock and draws of the test's own."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.metrics import value_of
from worker.delivery.breaker import (
    NEEDED_BY_EVERY_MESSAGE,
    PROBE_SECONDS,
    Breaker,
    BreakerPolicy,
    Breakers,
    Circuit,
    Dependency,
    Mode,
    PullRule,
    pull_rule,
)
from worker.lessons.errors import CircuitOpenError
from worker.telemetry.metrics import Metrics

POLICY = BreakerPolicy(failures=3, first_seconds=4.0, longest_seconds=10.0)


@dataclass(slots=True)
class Bench:
    """A breaker whose time the test moves; every draw is 1: the longest time."""

    now: float = 100.0
    openings: int = 0
    breaker: Breaker = field(init=False)

    def __post_init__(self) -> None:
        self.breaker = Breaker(
            Dependency.DATABASE, POLICY, lambda: self.now, lambda: 1.0, self._opened
        )

    def _opened(self) -> None:
        self.openings += 1

    def mode(self) -> Mode:
        """What the breaker does with calls now."""
        return self.breaker.mode

    def fail(self, times: int = 1) -> None:
        """Let calls go unanswered."""
        for _ in range(times):
            self.breaker.failed(self.breaker.admit())

    def succeed(self) -> None:
        """Let one call be answered."""
        self.breaker.succeeded(self.breaker.admit())


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_it_opens_after_so_many_failures_in_a_row(bench: Bench) -> None:
    bench.fail(2)
    assert bench.mode() is Mode.CLOSED
    bench.fail()
    assert bench.mode() is Mode.OPEN
    assert bench.openings == 1


def test_an_answer_between_failures_starts_the_count_anew(bench: Bench) -> None:
    bench.fail(2)
    bench.succeed()
    bench.fail(2)
    assert bench.mode() is Mode.CLOSED


def test_while_open_a_call_is_refused_with_the_seconds_that_are_left(bench: Bench) -> None:
    bench.fail(3)
    bench.now += 1.5
    with pytest.raises(CircuitOpenError) as refused:
        bench.breaker.admit()
    assert (refused.value.dependency, refused.value.seconds_left) == ("database", 2.5)


def test_after_its_time_one_call_goes_through_as_the_probe(bench: Bench) -> None:
    bench.fail(3)
    bench.now += 4.0
    assert bench.mode() is Mode.HALF_OPEN
    probe = bench.breaker.admit()
    assert probe.is_probe
    with pytest.raises(CircuitOpenError) as refused:
        bench.breaker.admit()
    assert refused.value.seconds_left == PROBE_SECONDS


def test_a_probe_that_is_answered_closes_it(bench: Bench) -> None:
    bench.fail(3)
    bench.now += 4.0
    bench.succeed()
    assert bench.mode() is Mode.CLOSED
    bench.fail(2)
    assert bench.mode() is Mode.CLOSED, "the count begins anew"


def test_each_probe_that_fails_doubles_the_time_up_to_the_longest(bench: Bench) -> None:
    bench.fail(3)
    lengths = []
    for _ in range(4):
        lengths.append(bench.breaker.seconds_closed_to_calls)
        bench.now += lengths[-1]
        bench.fail()
    assert lengths == [4.0, 8.0, 10.0, 10.0]


def test_after_a_recovery_the_times_begin_short_again(bench: Bench) -> None:
    bench.fail(3)
    bench.now += 4.0
    bench.fail()
    bench.now += 8.0
    bench.succeed()
    bench.fail(3)
    assert bench.breaker.seconds_closed_to_calls == 4.0


def test_a_probe_that_is_given_up_leaves_room_for_another(bench: Bench) -> None:
    bench.fail(3)
    bench.now += 4.0
    bench.breaker.abandoned(bench.breaker.admit())
    assert bench.breaker.admit().is_probe


def test_answers_to_calls_from_before_it_opened_change_nothing(bench: Bench) -> None:
    early = [bench.breaker.admit() for _ in range(5)]
    for ticket in early[:3]:
        bench.breaker.failed(ticket)
    bench.breaker.failed(early[3])
    bench.breaker.succeeded(early[4])
    assert bench.mode() is Mode.OPEN
    assert bench.openings == 1
    assert bench.breaker.seconds_closed_to_calls == 4.0


def test_an_urgent_call_is_never_refused_and_its_answer_counts_when_half_open(
    bench: Bench,
) -> None:
    bench.fail(3)
    ticket = bench.breaker.admit(urgent=True)
    bench.breaker.succeeded(ticket)
    assert bench.mode() is Mode.OPEN, "its time stands"
    bench.now += 4.0
    bench.breaker.succeeded(ticket)
    assert bench.mode() is Mode.CLOSED


@given(
    st.lists(st.sampled_from(["fail", "succeed", "give up", "wait"]), max_size=60),
    st.floats(0, 1),
)
def test_whatever_happens_it_never_stays_shut_longer_than_the_longest_time(
    events: list[str], draw: float
) -> None:
    """And a half-open breaker always lets somebody through in the end."""
    now = 0.0
    circuit = Circuit()
    for event in events:
        match event:
            case "fail":
                circuit = circuit.after_failure(circuit.epoch, now, POLICY, draw)
            case "succeed":
                circuit = circuit.after_success(circuit.epoch, now)
            case "give up":
                circuit = circuit.probed(is_on_its_way=False)
            case _:
                now += 1.0
        assert 0.0 <= circuit.seconds_closed_to_calls(now) <= POLICY.longest_seconds
        assert (circuit.openings == 0) == (circuit.mode(now) is Mode.CLOSED)


@given(st.integers(0, 40), st.floats(0, 1))
def test_the_jitter_takes_at_most_half_of_the_time(openings: int, draw: float) -> None:
    opened = Circuit(2, openings, 0.0).after_failure(0, 1.0, POLICY, draw)
    full = min(4.0 * 2.0**openings, 10.0)
    assert full / 2 <= opened.open_until - 1.0 <= full


def test_nothing_is_pulled_while_something_that_every_message_needs_is_open() -> None:
    assert pull_rule([(Mode.CLOSED, 0.0), (Mode.OPEN, 3.0), (Mode.HALF_OPEN, 0.0)]) == PullRule(
        0, 3.0
    )


def test_one_delivery_is_pulled_as_a_probe_when_it_is_half_open() -> None:
    assert pull_rule([(Mode.CLOSED, 0.0), (Mode.HALF_OPEN, 0.0)]) == PullRule(1)


def test_every_free_slot_is_pulled_for_when_all_is_well() -> None:
    assert pull_rule([(Mode.CLOSED, 0.0)]) == PullRule(None)
    assert Breakers().pull_rule() == PullRule(None)


def test_a_voice_that_is_away_does_not_stop_the_pull() -> None:
    """A lesson to read needs none; the others come back when the breaker lets them."""
    metrics = Metrics()
    breakers = Breakers.one_each(POLICY, lambda: 0.0, lambda: 1.0, metrics)
    for _ in range(3):
        breakers[Dependency.VOICE].failed(breakers[Dependency.VOICE].admit())
    assert breakers.pull_rule() == PullRule(None)
    assert breakers.out_of_reach() == (Dependency.VOICE,)
    assert value_of(metrics, "breaker_state", dependency="voice") == 2
    assert value_of(metrics, "breaker_openings_total", dependency="voice") == 1
    assert value_of(metrics, "breaker_state", dependency="database") == 0


@pytest.mark.parametrize("dependency", sorted(NEEDED_BY_EVERY_MESSAGE))
def test_each_of_the_others_does(dependency: Dependency) -> None:
    breakers = Breakers.one_each(POLICY, lambda: 0.0, lambda: 1.0, Metrics())
    for _ in range(3):
        breakers[dependency].failed(breakers[dependency].admit())
    assert breakers.pull_rule() == PullRule(0, 4.0)
