"""The preflight: everything that must hold before the first message is pulled, in one report.

Checks run at the same time, each with its own time limit. A check returns findings; only boot
acts on them. What could not be asked is "skipped", never "clean".
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy.engine import make_url

from schema_checks import Finding, Level, Migrations, Report, Skipped, run_checks
from schema_checks.report.text import render
from worker.adapters.database import models
from worker.adapters.database.engine import translated_errors
from worker.adapters.google_http import AccessError
from worker.bootstrap import Resources
from worker.lessons.errors import DependencyUnavailableError, RefusedError, WorkerError
from worker.lessons.pace import words_per_minute
from worker.migrations import SCRIPTS, VERSION_TABLE
from worker.settings import SettingFault, Settings, SettingsError
from worker.telemetry.logs import where_raised

CHECK_SECONDS = 30.0
"""Time for one check; a render child takes longest: it imports MoviePy and draws a frame."""

ATTEMPTS_RATIO = 4
"""The broker's deliveries to the worker's attempts: those that are parked, or met a drain or an
outage, count for the broker and not for the request. (ours)"""

MOST_DELIVERIES = 100
"""What Pub/Sub counts up to before it gives a message up."""

MIGRATIONS = Migrations(SCRIPTS, VERSION_TABLE)

Check = Callable[[Resources], Awaitable[Report]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the preflight says.

    Attributes:
        text: The whole report, for a person.
        has_errors: Something is wrong that the worker cannot run with.
        could_not_check: Something did not answer.
    """

    text: str
    has_errors: bool
    could_not_check: bool

    @property
    def passed(self) -> bool:
        """Whether the worker may pull."""
        return not self.has_errors and not self.could_not_check


@dataclass(frozen=True, slots=True)
class _NamedCheck:
    name: str
    run: Check
    is_offline: bool = False


def _settings_report(faults: Iterable[SettingFault]) -> Report:
    """Put what is wrong with the environment in the words of the report."""
    return Report.of(
        Finding(
            code="WK101" if fault.is_error else "WK102",
            level=Level.ERROR if fault.is_error else Level.WARNING,
            subject=fault.variable,
            message=f"{fault.variable}: {fault.problem}",
            consequence=(
                "the worker does not start" if fault.is_error else "the value is never read"
            ),
            hint=fault.mend,
        )
        for fault in faults
    )


def judge_settings(error: SettingsError) -> Verdict:
    """Report settings that cannot be used, and the models, which need none."""
    offline = Report(run_checks(models).findings)
    return _verdict(_joined([_settings_report(error.faults), offline]))


async def run_preflight(
    resources: Resources, warnings: Iterable[SettingFault], *, offline: bool = False
) -> Verdict:
    """Run every check at once and join what they found.

    Args:
        resources: What the worker is about to use.
        warnings: What the settings had to say.
        offline: Run only what needs no network.
    """
    chosen = [check for check in CHECKS if check.is_offline or not offline]
    if not offline:
        chosen.remove(MODELS)  # the database check has them too
    reports = await asyncio.gather(*(_limited(check, resources) for check in chosen))
    left_out = Report(
        skipped=tuple(
            Skipped(check.name, "not asked for (--offline)", blocking=False)
            for check in CHECKS
            if offline and check not in chosen
        )
    )
    return _verdict(_joined([_settings_report(warnings), *reports, left_out]))


async def _limited(check: _NamedCheck, resources: Resources) -> Report:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check.run(resources)
    except TimeoutError:
        return _not_checked(check.name, f"no answer within {CHECK_SECONDS:.0f} s")
    except RefusedError as error:
        return _found("WK201", check.name, error)
    except WorkerError as error:
        return _not_checked(check.name, error.message)
    except Exception as error:  # noqa: BLE001  # one faulty check must not hide the others
        place = where_raised(error)[-1]
        return _not_checked(check.name, f"the check failed: {type(error).__name__} at {place}")


async def _check_models(_: Resources) -> Report:
    """Check the models alone; that no database was asked is said by the preflight itself."""
    report = await asyncio.to_thread(run_checks, models)
    return Report(report.findings, tuple(skip for skip in report.skipped if skip.blocking))


async def _check_database(resources: Resources) -> Report:
    url = make_url(resources.settings.database_url.get_secret_value())
    where = f"{url.host}:{url.port or 5432}/{url.database}"
    try:
        with translated_errors():
            async with resources.engine.connect() as connection:
                return await connection.run_sync(
                    lambda sync: run_checks(models, sync, migrations=MIGRATIONS)
                )
    except DependencyUnavailableError as error:
        away = _not_checked("database", f"{error.message} at {where}")
        return _joined([await _check_models(resources), away])


async def _check_broker(resources: Resources) -> Report:
    """Look at the subscription, then at the topics; a broker that is away is one finding."""
    return _joined([await _check_subscription(resources), await _check_topics(resources)])


async def _check_subscription(resources: Resources) -> Report:
    described = await resources.subscription.describe()
    return Report.of(judge_subscription(described, resources.settings))


def judge_subscription(described: Mapping[str, Any], settings: Settings) -> Iterator[Finding]:
    """Compare a subscription, as the service describes it, with what the worker needs of it."""
    topic = str(described.get("topic", "")).rsplit("/", maxsplit=1)[-1]
    finding = partial(Finding, subject="PUBSUB_SUBSCRIPTION")
    name, update = settings.subscription, "gcloud pubsub subscriptions update"
    if topic != settings.topic:
        yield finding(
            code="WK202",
            level=Level.ERROR,
            message=f"subscription {name} hangs on topic {topic}, not on {settings.topic}",
            consequence="requests that are published are never pulled",
            hint="name the subscription of PUBSUB_TOPIC in PUBSUB_SUBSCRIPTION",
        )
    yield from _judge_attempts(described.get("deadLetterPolicy"), settings)
    if described.get("enableExactlyOnceDelivery"):
        yield finding(
            code="WK206",
            level=Level.ERROR,
            message=f"subscription {name} delivers exactly once",
            consequence="an ack id that is stale makes the service refuse every extension that "
            "is sent with it: leases run out under work that goes on",
            hint=f"{update} {name} --no-enable-exactly-once-delivery",
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
            hint=f"{update} {name} --ack-deadline=60",
        )


def _judge_attempts(policy: Mapping[str, Any] | None, settings: Settings) -> Iterator[Finding]:
    """Compare how often the broker delivers with how often the worker tries."""
    finding = partial(Finding, level=Level.WARNING, subject="PUBSUB_SUBSCRIPTION")
    name, update = settings.subscription, "gcloud pubsub subscriptions update"
    needed = min(ATTEMPTS_RATIO * settings.max_attempts, MOST_DELIVERIES)
    if not policy:
        yield finding(
            code="WK203",
            message=f"subscription {name} has no dead-letter policy",
            consequence="deliveries are not counted: a message for a request that does not "
            "exist is given up by its age alone",
            hint=f"{update} {name} --dead-letter-topic={settings.dead_letter_topic} "
            f"--max-delivery-attempts={needed}",
        )
    elif (attempts := int(policy.get("maxDeliveryAttempts", 5))) < needed:
        yield finding(
            code="WK205",
            message=f"subscription {name} gives a message up after {attempts} deliveries, "
            f"WORKER_MAX_ATTEMPTS is {settings.max_attempts}",
            consequence="a delivery that is parked counts, too: the broker may dead-letter a "
            "message before the worker has used its own attempts",
            hint=f"{update} {name} --max-delivery-attempts={needed}",
        )


async def _check_topics(resources: Resources) -> Report:
    """Look for every topic that the worker publishes to, where the project may be listed."""
    settings = resources.settings
    wanted = {
        "PUBSUB_TOPIC": settings.topic,
        "PUBSUB_DEAD_LETTER_TOPIC": settings.dead_letter_topic,
        "PUBSUB_EVENTS_TOPIC": settings.events_topic,
    }
    try:
        present = await resources.publisher.list_topics()
    except AccessError as error:
        reason = f"{error.message}; grant pubsub.topics.list to have the topics checked"
        return Report(skipped=(Skipped("topics", reason, blocking=False),))
    return Report.of(
        Finding(
            code="WK204",
            level=Level.ERROR,
            subject=variable,
            message=f"project {settings.project} has no topic {topic}",
            consequence="what is published to it stays in the outbox and never leaves",
            hint=f"name an existing topic in {variable}, or: gcloud pubsub topics create {topic}",
        )
        for variable, topic in wanted.items()
        if topic not in present
    )


async def _check_buckets(resources: Resources) -> Report:
    settings = resources.settings
    buckets = {
        "GCS_GENERATED_CONTENT_BUCKET": settings.generated_bucket,
        "GCS_OER_CONTENT_BUCKET": settings.oer_bucket,
        "GCS_TEMP_FILES_BUCKET": settings.temp_bucket,
    }
    reports = []
    for variable, bucket in buckets.items():
        try:
            await resources.objects.describe_bucket(bucket)
        except AccessError as error:
            reports.append(_found("WK301", variable, error))
    return _joined(reports)


async def _check_voice(resources: Resources) -> Report:
    try:
        await resources.voice.start()
        await resources.voice.speak("The voice is ready.", words_per_minute(12))
    except ImportError as error:
        return Report.of(
            [
                Finding(
                    code="WK401",
                    level=Level.ERROR,
                    subject="WORKER_VOICE",
                    message=f"the voice {resources.voice.name} is not installed ({error.name})",
                    consequence="no lesson can be narrated",
                    hint="pip install 'content-worker[offline-voice]'",
                )
            ]
        )
    return Report()


async def _check_rendering(resources: Resources) -> Report:
    await resources.renderer.start()
    await resources.renderer.check(resources.workspace)
    return Report()


MODELS = _NamedCheck("models", _check_models, is_offline=True)
CHECKS = (
    MODELS,
    _NamedCheck("database", _check_database),
    _NamedCheck("subscription and topics", _check_broker),
    _NamedCheck("buckets", _check_buckets),
    _NamedCheck("voice", _check_voice, is_offline=True),
    _NamedCheck("rendering", _check_rendering, is_offline=True),
)


def _verdict(report: Report) -> Verdict:
    return Verdict(render(report), bool(report.errors), report.could_not_check)


def _joined(reports: Iterable[Report]) -> Report:
    reports = list(reports)
    return Report.of(
        (finding for report in reports for finding in report.findings),
        (skip for report in reports for skip in report.skipped),
    )


def _not_checked(name: str, reason: str) -> Report:
    return Report(skipped=(Skipped(name, reason, blocking=True),))


def _found(code: str, subject: str, error: WorkerError) -> Report:
    return Report.of(
        [
            Finding(
                code=code,
                level=Level.ERROR,
                subject=subject,
                message=error.message,
                consequence="the worker cannot do its work",
                hint=error.hint,
            )
        ]
    )
