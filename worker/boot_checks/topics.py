"""The topics that the worker publishes to, and the one that its broker gives messages up to."""

from __future__ import annotations

from collections.abc import Iterator

from schema_checks import Finding, Level, Report
from worker.adapters.google_http import AccessError
from worker.boot_checks.findings import not_checked
from worker.bootstrap import Resources
from worker.settings import Settings


async def check_topics(resources: Resources) -> Report:
    """Look for every topic, where the project may be listed."""
    settings = resources.settings
    try:
        present = await resources.publisher.list_topics()
    except AccessError as error:
        reason = f"{error.message}; grant roles/pubsub.viewer to have the topics checked"
        return not_checked("topics", reason, blocking=False)
    return Report.of([*_missing(present, settings), *await _dead_ends(present, resources)])


def _missing(present: frozenset[str], settings: Settings) -> Iterator[Finding]:
    wanted = {
        "PUBSUB_TOPIC": settings.topic,
        "PUBSUB_DEAD_LETTER_TOPIC": settings.dead_letter_topic,
        "PUBSUB_EVENTS_TOPIC": settings.events_topic,
    }
    for variable, topic in wanted.items():
        if topic not in present:
            yield Finding(
                code="WK204",
                level=Level.ERROR,
                subject=variable,
                message=f"project {settings.project} has no topic {topic}",
                consequence="what is published to it stays in the outbox and never leaves",
                hint=f"name an existing topic in {variable}, or: "
                f"gcloud pubsub topics create {topic} --project={settings.project}",
            )


async def _dead_ends(present: frozenset[str], resources: Resources) -> list[Finding]:
    """Look at the topic of the subscription's own dead-letter policy, if it is of this project."""
    settings = resources.settings
    try:
        described = await resources.subscription.describe()
    except AccessError:
        return []  # the check of the subscription says so
    path = str((described.get("deadLetterPolicy") or {}).get("deadLetterTopic", ""))
    project, _, topic = path.removeprefix("projects/").partition("/topics/")
    if not path or (project == settings.project and topic in present):
        return []
    if topic and project != settings.project:
        return []  # of another project, which need not be ours to list
    return [
        Finding(
            code="WK209",
            level=Level.ERROR,
            subject="PUBSUB_SUBSCRIPTION",
            message=f"the dead-letter topic of subscription {settings.subscription} is gone: "
            f"{path}",
            consequence="the broker keeps delivering what it should give up",
            hint=f"gcloud pubsub subscriptions update {settings.subscription} "
            f"--project={settings.project} --dead-letter-topic={settings.dead_letter_topic}",
        )
    ]
