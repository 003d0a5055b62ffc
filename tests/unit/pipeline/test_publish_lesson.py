from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.folder_store import FolderStore
from tests.fakes.object_names import object_names
from tests.unit.pipeline.conftest import REQUEST_ID, Shares
from worker.lessons.ending import PublishedLesson
from worker.pipeline.publish_lesson import publish_lesson
from worker.pipeline.tools import Errand, Tools

PREFIX = f"lessons/{REQUEST_ID}/7"


@pytest.fixture
def files(errand: Errand) -> tuple[Path, ...]:
    made = {"lesson.mp4": b"video", "captions.vtt": b"WEBVTT\n", "transcript.md": "# Ü\n".encode()}
    for name, content in made.items():
        (errand.folder / name).write_bytes(content)
    return tuple(errand.folder / name for name in made)


async def publish(
    errand: Errand, files: tuple[Path, ...], tools: Tools, shares: Shares
) -> PublishedLesson:
    return await publish_lesson(errand, files, 61.5, tools, shares)


async def test_the_lesson_lies_under_its_request_and_fence(
    errand: Errand,
    files: tuple[Path, ...],
    tools: Tools,
    shares: Shares,
    objects: FolderStore,
) -> None:
    lesson = await publish(errand, files, tools, shares)
    assert lesson == PublishedLesson(
        f"{PREFIX}/manifest.json",
        (
            ("captions.vtt", f"{PREFIX}/captions.vtt"),
            ("lesson.mp4", f"{PREFIX}/lesson.mp4"),
            ("transcript.md", f"{PREFIX}/transcript.md"),
        ),
        61.5,
    )
    assert set(await object_names(objects, "generated")) == {
        lesson.manifest_object,
        *(name for _, name in lesson.objects),
    }


async def test_every_upload_has_a_permit_the_manifest_s_too(
    errand: Errand, files: tuple[Path, ...], tools: Tools, shares: Shares, tmp_path: Path
) -> None:
    transfers = asyncio.Semaphore(1)
    permitted: list[bool] = []

    class WatchedStore(FolderStore):
        async def upload(self, bucket: str, name: str, source: Path, content_type: str) -> None:
            permitted.append(transfers.locked())
            await FolderStore.upload(self, bucket, name, source, content_type)

    permits = replace(tools.permits, transfers=transfers)
    watched = replace(tools, objects=WatchedStore(tmp_path / "watched"), permits=permits)
    await publish(errand, files, watched, shares)
    assert permitted == [True] * 4


async def test_the_manifest_that_makes_a_lesson_count_comes_last(
    errand: Errand,
    files: tuple[Path, ...],
    tools: Tools,
    shares: Shares,
    objects: FolderStore,
) -> None:
    await publish(errand, files, tools, shares)
    assert objects.uploaded[-1] == f"{PREFIX}/manifest.json"
    assert len(objects.uploaded) == 4


async def test_the_manifest_describes_every_file_as_it_is(
    errand: Errand, files: tuple[Path, ...], tools: Tools, shares: Shares
) -> None:
    await publish(errand, files, tools, shares)
    copy = errand.folder / "copy.json"
    await tools.objects.download("generated", f"{PREFIX}/manifest.json", copy)
    manifest = json.loads(text_of(copy))
    assert (manifest["request_id"], manifest["fence"]) == (str(REQUEST_ID), 7)
    assert manifest["duration_seconds"] == 61.5
    assert manifest["reused"] == errand.trace.reuse_report()
    assert manifest["files"][0] == {
        "name": "lesson.mp4",
        "bytes": 5,
        "sha256": hashlib.sha256(b"video").hexdigest(),
        "content_type": "video/mp4",
    }
    assert [one["name"] for one in manifest["files"]] == [file.name for file in files]


async def test_a_player_learns_what_each_file_is(
    errand: Errand,
    files: tuple[Path, ...],
    tools: Tools,
    shares: Shares,
    objects: FolderStore,
) -> None:
    await publish(errand, files, tools, shares)
    types = {name.rpartition("/")[2]: kind for (_, name), kind in objects.content_types.items()}
    assert types == {
        "lesson.mp4": "video/mp4",
        "captions.vtt": "text/vtt; charset=utf-8",
        "transcript.md": "text/markdown; charset=utf-8",
        "manifest.json": "application/json",
    }


async def test_the_share_rises_with_every_file_and_leaves_room_for_the_manifest(
    errand: Errand, files: tuple[Path, ...], tools: Tools, shares: Shares
) -> None:
    await publish(errand, files, tools, shares)
    assert shares.heard == [0.25, 0.5, 0.75]


async def test_a_file_that_is_missing_ends_the_stage_without_a_manifest(
    errand: Errand, tools: Tools, shares: Shares, objects: FolderStore
) -> None:
    with pytest.RaisesGroup(FileNotFoundError):
        await publish(errand, (errand.folder / "lesson.mp4",), tools, shares)
    assert objects.uploaded == []


def text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8")
