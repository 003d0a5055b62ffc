"""Which trace a message belongs to."""

from __future__ import annotations

import pytest

from worker.lessons.trace_context import carried_trace

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SOUND = f"00-{TRACE}-{PARENT}-01"


@pytest.mark.parametrize("name", ["traceparent", "googclient_traceparent"])
@pytest.mark.parametrize(
    "value",
    [
        SOUND,
        f"00-{TRACE}-{PARENT}-00",
        f"01-{TRACE}-{PARENT}-01",
        f"cc-{TRACE}-{PARENT}-01-later",
    ],
)
def test_a_sound_traceparent_is_read_under_either_name(name: str, value: str) -> None:
    assert carried_trace({name: value, "environment": "dev"}) == {"traceparent": value}


@pytest.mark.parametrize(
    "value",
    [
        "",
        TRACE,
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01-more",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{TRACE[1:]}-{PARENT}-01",
        f" {SOUND}",
        f"{SOUND}\n",
    ],
)
def test_what_the_standard_does_not_allow_is_no_trace(value: str) -> None:
    assert carried_trace({"traceparent": value, "tracestate": "a=b"}) == {}


def test_a_broken_traceparent_hides_no_sound_one() -> None:
    carried = {"traceparent": "broken", "googclient_traceparent": SOUND}
    assert carried_trace(carried) == {"traceparent": SOUND}


def test_a_message_without_one_belongs_to_no_trace() -> None:
    assert carried_trace({"environment": "dev"}) == {}


def test_the_state_beside_a_traceparent_comes_with_it_and_no_other() -> None:
    carried = {"googclient_traceparent": SOUND, "googclient_tracestate": "a=b", "tracestate": "c=d"}
    assert carried_trace(carried) == {"traceparent": SOUND, "tracestate": "a=b"}
