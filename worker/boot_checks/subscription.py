"""The subscription: what it hangs on, how it delivers, and whether this account may pull."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from schema_checks import Finding, Level, Report
from worker.adapters.google_http import AccessError
from worker.boot_checks.findings import joined, not_checked, refused
from worker.bootstrap import Resources
from worker.settings import Settings

ATTEMPTS_RATIO = 4
"""The broker's deliveries to the worker's attempts: those that are parked, or met a drain or an
outage, count for the broker and not for the request. (ours)"""

MOST_DELIVERIES = 100
"""What Pub/Sub counts up to before it gives a message up."""

CONSUME = "pubsub.subscriptions.consume"
UNKNOWN_CALL = frozenset({404, 405, 501})
"""What an emulator answers that does not know testIamPermissions."""


async def check_subscription(resources: Resources) -> Report:
    """Look at the subscription, and at what this account may do with it."""
    settings = resources.settings
    try:
        described = await resources.subscription.describe()
    except AccessError as error:
        create = (
            f"gcloud pubsub subscriptions create {settings.subscription} "
            f"--topic={settings.topic} --project={settings.project} --ack-deadline=60"
        )
        return refused(
            "WK201",
            "PUBSUB_SUBSCRIPTION",
            error,
            consequence="no message can be pulled",
            hint=f"name an existing subscription in PUBSUB_SUBSCRIPTION, grant roles/pubsub.viewer "
            f"on it, or: {create}",
        )
    found = Report.of(judge_subscription(described, settings))
    return joined([found, await _check_permission(resources)])


async def _check_permission(resources: Resources) -> Report:
    settings = resources.settings
    try:
        granted = await resources.subscription.granted([CONSUME])
    except AccessError as error:
        if error.status in UNKNOWN_CALL and settings.pubsub_emulator:
            return not_checked("permission to consume", "the emulator has none", blocking=False)
        raise
    if CONSUME in granted:
        return Report()
    return Report.of(
        [
            Finding(
                code="WK208",
                level=Level.ERROR,
                subject="PUBSUB_SUBSCRIPTION",
                message=f"this account may not consume subscription {settings.subscription}",
                consequence="every pull is refused",
                hint=f"gcloud pubsub subscriptions add-iam-policy-binding {settings.subscription} "
                f"--project={settings.project} --member=serviceAccount:WORKER_ACCOUNT "
                "--role=roles/pubsub.subscriber",
            )
        ]
    )


def judge_subscription(described: Mapping[str, Any], settings: Settings) -> Iterator[Finding]:
    """Compare a subscription, as the service describes it, with what the worker needs of it."""
    topic = str(described.get("topic", "")).rsplit("/", maxsplit=1)[-1]
    finding = partial(Finding, subject="PUBSUB_SUBSCRIPTION")
    name = settings.subscription
    update = f"gcloud pubsub subscriptions update {name} --project={settings.project}"
    if topic != settings.topic:
        yield finding(
            code="WK202",
            level=Level.ERROR,
            message=f"subscription {name} hangs on topic {topic}, not on {settings.topic}",
            consequence="requests that are published are never pulled",
            hint="name a subscription in PUBSUB_SUBSCRIPTION that is listed by: gcloud pubsub "
            f"topics list-subscriptions {settings.topic} --project={settings.project}",
        )
    yield from _judge_attempts(described.get("deadLetterPolicy"), settings)
    if described.get("enableExactlyOnceDelivery"):
        yield finding(
            code="WK206",
            level=Level.ERROR,
            message=f"subscription {name} delivers exactly once",
            consequence="an ack id that is stale makes the service refuse every extension that "
            "is sent with it: leases run out under work that goes on",
            hint=f"{update} --no-enable-exactly-once-delivery",
        )
    deadline = int(described.get("ackDeadlineSeconds", 10))
    if deadline <= settings.broker_call_seconds:
        yield finding(
            code="WK207",
            level=Level.WARNING,
            message=f"subscription {name} has an ack deadline of {deadline} s, "
            f"WORKER_BROKER_TIMEOUT is {settings.broker_call_seconds:g} s",
            consequence="one slow call, and a message is delivered again before its first "
            "extension has arrived",
            hint=f"{update} --ack-deadline=60",
        )


def _judge_attempts(policy: Mapping[str, Any] | None, settings: Settings) -> Iterator[Finding]:
    """Compare how often the broker delivers with how often the worker tries."""
    finding = partial(Finding, level=Level.WARNING, subject="PUBSUB_SUBSCRIPTION")
    name = settings.subscription
    update = f"gcloud pubsub subscriptions update {name} --project={settings.project}"
    needed = min(ATTEMPTS_RATIO * settings.max_attempts, MOST_DELIVERIES)
    if not policy:
        yield finding(
            code="WK203",
            message=f"subscription {name} has no dead-letter policy",
            consequence="deliveries are not counted: a message for a request that does not "
            "exist is given up by its age alone",
            hint=f"{update} --dead-letter-topic={settings.dead_letter_topic} "
            f"--max-delivery-attempts={needed}",
        )
    elif (attempts := int(policy.get("maxDeliveryAttempts", 5))) < needed:
        yield finding(
            code="WK205",
            message=f"subscription {name} gives a message up after {attempts} deliveries, "
            f"WORKER_MAX_ATTEMPTS is {settings.max_attempts}",
            consequence="a delivery that is parked counts, too: the broker may dead-letter a "
            "message before the worker has used its own attempts",
            hint=f"{update} --max-delivery-attempts={needed}",
        )
