"""The buckets: may they be written, read, deleted from, listed, and linked to?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from uuid import uuid4

from schema_checks import Finding, Level, Report
from worker.adapters.google_http import AccessError
from worker.adapters.signed_links import LinkSigner
from worker.boot_checks.findings import joined, not_checked, refused
from worker.bootstrap import Resources
from worker.lessons.errors import DependencyUnavailableError

PROBE = b"preflight"
PROBES = "preflight/"
"""Where the probes are written; each is deleted at once, and `sweep` takes what is left."""

Step = Callable[[], Coroutine[Any, Any, object]]


async def check_buckets(resources: Resources) -> Report:
    """Try every bucket with what the worker does to it, all of them at once."""
    settings = resources.settings
    written = {
        "GCS_GENERATED_CONTENT_BUCKET": settings.generated_bucket,
        "GCS_TEMP_FILES_BUCKET": settings.temp_bucket,
    }
    return joined(
        await asyncio.gather(
            *(_try_writing(resources, variable, name) for variable, name in written.items()),
            _try_listing(resources, "GCS_OER_CONTENT_BUCKET", settings.oer_bucket),
        )
    )


async def check_links(resources: Resources) -> Report:
    """Sign a link to an object and open it; where nobody can, links hand no lesson out."""
    objects, bucket = resources.objects, resources.settings.generated_bucket
    signer = objects.signer(resources.settings.signing_account)
    if signer is None:
        return not_checked("links", "an emulator has nobody to sign as", blocking=False)
    name = f"{PROBES}{uuid4().hex}"
    probe = resources.workspace / f"probe-{uuid4().hex}"
    await asyncio.to_thread(probe.write_bytes, PROBE)
    try:
        await objects.upload(bucket, name, probe, "text/plain")
        report = await _try_link(resources, name, signer)
        await objects.delete(bucket, name)
    except (DependencyUnavailableError, AccessError) as error:
        return not_checked("links", error.message, blocking=False)
    finally:
        await asyncio.to_thread(_remove, probe)
    return report


async def _try_link(resources: Resources, name: str, signer: LinkSigner) -> Report:
    objects, settings = resources.objects, resources.settings
    account = settings.signing_account or "WORKER_ACCOUNT"
    try:
        seconds = int(settings.link_seconds)
        link = await objects.link(settings.generated_bucket, name, seconds, signer)
    except AccessError as error:
        mend = (
            "gcloud services enable iamcredentials.googleapis.com, and: "
            f"gcloud iam service-accounts add-iam-policy-binding {account} "
            "--member=serviceAccount:WORKER_ACCOUNT --role=roles/iam.serviceAccountTokenCreator"
        )
        return _no_link("WK303", error, mend)
    try:
        await objects.open_link(link)
    except AccessError as error:
        mend = (
            f"gcloud storage buckets add-iam-policy-binding gs://{settings.generated_bucket} "
            f"--member=serviceAccount:{account} --role=roles/storage.objectViewer"
        )
        return _no_link("WK304", error, mend)
    return Report()


def _no_link(code: str, error: AccessError, mend: str) -> Report:
    return Report.of(
        [
            Finding(
                code=code,
                level=Level.WARNING,
                subject="WORKER_SIGNING_ACCOUNT",
                message=error.message,
                consequence="no signed link to a lesson can be handed out",
                hint=mend,
            )
        ]
    )


async def _try_writing(resources: Resources, variable: str, bucket: str) -> Report:
    """Write, read and delete one small object; the first refusal says what is missing."""
    objects, name = resources.objects, f"{PROBES}{uuid4().hex}"
    probe = resources.workspace / f"probe-{uuid4().hex}"
    copy = probe.with_suffix(".copy")
    steps: tuple[Step, ...] = (
        lambda: objects.upload(bucket, name, probe, "text/plain"),
        lambda: objects.download(bucket, name, copy),
        lambda: objects.delete(bucket, name),
    )
    await asyncio.to_thread(probe.write_bytes, PROBE)
    try:
        for step in steps:
            report = await _tried(variable, bucket, step, "roles/storage.objectUser")
            if report.findings:
                return report
    finally:
        await asyncio.to_thread(_remove, probe, copy)
    return Report()


async def _try_listing(resources: Resources, variable: str, bucket: str) -> Report:
    async def look() -> None:
        async for _ in resources.objects.list_objects(bucket, PROBES):
            return

    return await _tried(variable, bucket, look, "roles/storage.objectViewer")


async def _tried(variable: str, bucket: str, step: Step, role: str) -> Report:
    try:
        await step()
    except AccessError as error:
        is_there = error.status != 404  # noqa: PLR2004  # HTTP's own number
        grant = (
            f"gcloud storage buckets add-iam-policy-binding gs://{bucket} "
            f"--member=serviceAccount:WORKER_ACCOUNT --role={role}"
        )
        return refused(
            "WK302" if is_there else "WK301",
            variable,
            error,
            consequence="lessons cannot be kept there",
            hint=grant
            if is_there
            else f"name an existing bucket in {variable}, or: gcloud storage buckets create "
            f"gs://{bucket} --uniform-bucket-level-access",
        )
    return Report()


def _remove(*files: Path) -> None:
    for file in files:
        file.unlink(missing_ok=True)
