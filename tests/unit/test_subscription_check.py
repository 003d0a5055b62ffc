"""What the preflight says of a subscription, from how the service describes it."""

from __future__ import annotations

from typing import Any

import pytest

from schema_checks import Level
from tests.unit.test_settings import CLOUD
from worker.boot_checks.subscription import judge_subscription
from worker.settings import load_settings

SETTINGS, _ = load_settings(CLOUD)

SOUND: dict[str, Any] = {
    "topic": "projects/school/topics/requests",
    "ackDeadlineSeconds": 60,
    "deadLetterPolicy": {"deadLetterTopic": "dead", "maxDeliveryAttempts": 20},
}


def test_a_subscription_as_it_should_be_is_passed_over() -> None:
    assert list(judge_subscription(SOUND, SETTINGS)) == []


@pytest.mark.parametrize(
    ("change", "code", "level", "word"),
    [
        ({"topic": "projects/school/topics/other"}, "WK202", Level.ERROR, "other"),
        ({"deadLetterPolicy": None}, "WK203", Level.WARNING, "--max-delivery-attempts=20"),
        (
            {"deadLetterPolicy": {"maxDeliveryAttempts": 19}},
            "WK205",
            Level.WARNING,
            "--max-delivery-attempts=20",
        ),
        ({"deadLetterPolicy": {"deadLetterTopic": "dead"}}, "WK205", Level.WARNING, "after 5"),
        ({"enableExactlyOnceDelivery": True}, "WK206", Level.ERROR, "exactly once"),
        ({"ackDeadlineSeconds": 20}, "WK207", Level.WARNING, "--ack-deadline=60"),
    ],
)
def test_what_the_promise_needs_and_a_subscription_lacks_is_found(
    change: dict[str, Any], code: str, level: Level, word: str
) -> None:
    (finding,) = judge_subscription(SOUND | change, SETTINGS)
    assert (finding.code, finding.level, finding.subject) == (code, level, "PUBSUB_SUBSCRIPTION")
    assert word in finding.message + finding.hint


def test_no_more_deliveries_are_asked_for_than_the_broker_can_count() -> None:
    settings, _ = load_settings(CLOUD | {"WORKER_MAX_ATTEMPTS": "90"})
    policy = {"deadLetterPolicy": {"maxDeliveryAttempts": 100}}
    assert list(judge_subscription(SOUND | policy, settings)) == []
