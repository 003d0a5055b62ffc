"""Sixth stage: the files of the lesson go to the bucket, its manifest last."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path

from worker.lessons.ending import PublishedLesson
from worker.pipeline.tools import Errand, OnShare, Tools

MANIFEST = "manifest.json"

CONTENT_TYPES = {
    ".mp4": "video/mp4",
    ".m4a": "audio/mp4",
    ".vtt": "text/vtt; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}


async def publish_lesson(
    errand: Errand,
    files: tuple[Path, ...],
    duration_seconds: float | None,
    tools: Tools,
    on_share: OnShare,
) -> PublishedLesson:
    """Upload the files under the fence's prefix, then the manifest that makes them count."""
    prefix = f"lessons/{errand.request.request_id}/{errand.claim.fence}"
    names = {file.name: f"{prefix}/{file.name}" for file in files}
    done = 0

    async def upload(file: Path) -> None:
        nonlocal done
        async with tools.permits.transfers:
            await tools.objects.upload(
                tools.bucket, names[file.name], file, CONTENT_TYPES[file.suffix]
            )
        done += 1
        await on_share(done / (len(files) + 1))

    async with asyncio.TaskGroup() as group:
        for file in files:
            group.create_task(upload(file))
    manifest = errand.folder / MANIFEST
    await asyncio.to_thread(_write_manifest, manifest, errand, files, duration_seconds)
    async with tools.permits.transfers:
        await tools.objects.upload(
            tools.bucket, f"{prefix}/{MANIFEST}", manifest, CONTENT_TYPES[manifest.suffix]
        )
    return PublishedLesson(
        manifest_object=f"{prefix}/{MANIFEST}",
        objects=tuple(sorted(names.items())),
        duration_seconds=duration_seconds,
    )


def _write_manifest(
    target: Path, errand: Errand, files: tuple[Path, ...], duration_seconds: float | None
) -> None:
    body = {
        "request_id": str(errand.request.request_id),
        "fence": errand.claim.fence,
        "duration_seconds": duration_seconds,
        "reused": errand.trace.reuse_report(),
        "files": [_describe(file) for file in files],
    }
    target.write_text(json.dumps(body, indent=2) + "\n", encoding="utf-8")


def _describe(file: Path) -> dict[str, object]:
    with file.open("rb") as content:
        checksum = hashlib.file_digest(content, "sha256")
    return {
        "name": file.name,
        "bytes": file.stat().st_size,
        "sha256": checksum.hexdigest(),
        "content_type": CONTENT_TYPES[file.suffix],
    }
