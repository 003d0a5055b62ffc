"""The broker refuses, is slow or hangs up on each kind of call, and the store fails uploads."""

from __future__ import annotations

import pytest

from tests.acceptance.faults.script import Cut, Fault, Hold, Point, Refuse, always
from tests.acceptance.faults.world import World

pytestmark = pytest.mark.acceptance

FAULTS: dict[str, Fault] = {
    "503": Refuse(503),
    "429": Refuse(429, (("Retry-After", "1"),)),
    "401": Refuse(401),
    "slow: 3 s, of 2 that a call may take": Hold(3),
    "the connection is cut": Cut(),
}
BROKER = "The broker fails, twice in a row"
STORE = "The object store fails once"

UPLOADING = Point("upload manifest.json", "before")


def marks(fault: str, call: str) -> pytest.MarkDecorator | tuple[()]:
    """CI runs each fault on one call."""
    pairs = {"pull": "503", "ack": "the connection is cut", "publish to events": "429"}
    return () if pairs.get(call) == fault else pytest.mark.exhaustive


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        pytest.param(call, fault, marks=marks(fault, call))
        for call in ("pull", "ack", "publish to events")
        for fault in FAULTS
    ],
)
async def test_a_broker_that_fails_costs_time_and_nothing_else(
    world: World, call: str, fault: str
) -> None:
    world.begin(BROKER, fault, call)
    worker = await world.worker()
    worker.script.plan(Point(call, "before"), always(FAULTS[fault]), times=2)
    request_id = await world.ask()
    if call == "pull":
        # The pull that waits now is answered; those that follow it fail.
        await world.until_ended(request_id)
        second = await world.ask()
    else:
        second = request_id
    await world.until_happened(worker)
    await world.until_ended(second)
    # An ack that never arrived lets the message come again when its deadline has passed.
    await world.pass_time()
    await world.until_settled(request_id, second)
    await world.judge(*{request_id, second})


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault, marks=() if fault == "401" else pytest.mark.exhaustive)
        for fault in FAULTS
    ],
)
async def test_a_deadline_that_cannot_be_extended_costs_nothing(world: World, fault: str) -> None:
    """The next beat extends it: two may fail before a lease runs out."""
    world.begin(BROKER, fault, "extend")
    worker = await world.worker(WORKER_LEASE_SECONDS="10")
    worker.script.plan(UPLOADING, always(Hold(8)))
    worker.script.plan(Point("extend", "before"), always(FAULTS[fault]), times=2)
    request_id = await world.ask()
    await world.until_happened(worker)
    await world.until_settled(request_id)
    await world.judge(request_id)


@pytest.mark.parametrize(
    ("point", "fault"),
    [
        pytest.param(Point("upload transcript.md", "half"), Cut(), id="half of an upload"),
        pytest.param(Point("upload manifest.json", "before"), Refuse(503), id="503"),
    ],
)
async def test_a_store_that_fails_an_upload_costs_one_attempt_at_most(
    world: World, point: Point, fault: Fault
) -> None:
    what = "the connection is cut" if isinstance(fault, Cut) else "503"
    world.begin(STORE, what, str(point))
    worker = await world.worker()
    worker.script.plan(point, always(fault))
    request_id = await world.ask()
    await world.until_happened(worker)
    await world.until_settled(request_id)
    found = await world.judge(request_id, failed_attempts=None)
    assert found.failed_attempts <= 1


@pytest.mark.parametrize("side", ["half", "after"])
async def test_a_cache_that_is_not_kept_costs_nothing(world: World, side: str) -> None:
    world.begin(STORE, "the connection is cut", f"{side} upload of a sentence to the cache")
    await world.forget_cache()
    worker = await world.worker()
    point = Point("upload a sentence", "half" if side == "half" else "after")
    worker.script.plan(point, always(Cut()))
    request_id = await world.ask("audio")
    await world.until_happened(worker)
    await world.until_settled(request_id)
    await world.judge(request_id)
