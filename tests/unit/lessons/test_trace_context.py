"""Which trace a message belongs to."""

from __future__ import annotations

import pytest

from worker.lessons.trace_context import trace_id_in

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
def test_the_trace_of_a_sound_traceparent_is_read(name: str, value: str) -> None:
    assert trace_id_in({name: value, "environment": "dev"}) == TRACE


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
    assert trace_id_in({"traceparent": value}) is None


def test_a_broken_traceparent_hides_no_sound_one() -> None:
    assert trace_id_in({"traceparent": "broken", "googclient_traceparent": SOUND}) == TRACE


def test_a_message_without_one_belongs_to_no_trace() -> None:
    assert trace_id_in({"environment": "dev"}) is None
