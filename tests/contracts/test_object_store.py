"""What every object store keeps: the obligations of `ObjectStore` and `ObjectShelf`."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest

from tests.fakes.folder_store import FolderStore
from tests.fakes.object_names import object_names
from worker.adapters.cloud_storage import CloudStorage
from worker.embedded.endpoints import EmbeddedEndpoints
from worker.ports import ObjectStore
from worker.upkeep_ports import ObjectShelf

CLOCK_STEP = timedelta(seconds=0.1)
"""A file system stamps files by a coarser clock than the one that Python reads."""

BUCKET = "lessons"
OVER_FIVE_MEGABYTES = 5 * 1024 * 1024 + 1
"""Above this the client's library sends an object in another way."""


@pytest.fixture
def folder_store(tmp_path: Path) -> tuple[ObjectStore, str]:
    return FolderStore(tmp_path / "objects"), BUCKET


@pytest.fixture
async def cloud_storage(
    endpoints: EmbeddedEndpoints, session: aiohttp.ClientSession
) -> tuple[ObjectStore, str]:
    bucket = f"bucket-{uuid4().hex[:8]}"
    url = f"{endpoints.storage_url}/storage/v1/b?project=tests"
    async with session.post(url, json={"name": bucket}) as answer:
        answer.raise_for_status()
    return CloudStorage(session, emulator_url=endpoints.storage_url), bucket


@pytest.fixture(params=["folder_store", "cloud_storage"])
def kept(request: pytest.FixtureRequest) -> tuple[ObjectStore, str]:
    """A store, and the name of a bucket in it."""
    found: tuple[ObjectStore, str] = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def store(kept: tuple[ObjectStore, str]) -> ObjectStore:
    return kept[0]


@pytest.fixture
def shelf(kept: tuple[FolderStore | CloudStorage, str]) -> ObjectShelf:
    return kept[0]


@pytest.fixture
def bucket(kept: tuple[ObjectStore, str]) -> str:
    return kept[1]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.bin"
    path.write_bytes(b"a lesson")
    return path


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A place for a download, in a folder with nothing else in it."""
    folder = tmp_path / "downloads"
    folder.mkdir()
    return folder / "target.bin"


def read(file: Path) -> bytes:
    return file.read_bytes()


def write(file: Path, content: bytes) -> None:
    file.write_bytes(content)


async def put(store: ObjectStore, bucket: str, source: Path, *names: str) -> None:
    for name in names:
        await store.upload(bucket, name, source, "application/octet-stream")


@pytest.mark.parametrize("size", [0, 1, 100_000, OVER_FIVE_MEGABYTES])
async def test_what_was_uploaded_is_what_is_downloaded(
    store: ObjectStore, bucket: str, source: Path, target: Path, size: int
) -> None:
    content = bytes(number % 251 for number in range(min(size, 100_000)))
    content = (content * (size // 100_000 + 1))[:size]
    write(source, content)
    await put(store, bucket, source, "lesson.mp4")
    await store.download(bucket, "lesson.mp4", target)
    assert read(target) == content
    assert read(source) == content


@pytest.mark.parametrize(
    "name", ["a", "lessons/1/2/lesson.mp4", "with space", "ü/日本/🙂", "a#b?c=d&e%2Ff+g", "-"]
)
async def test_any_name_can_be_uploaded_listed_downloaded_and_deleted(
    kept: tuple[FolderStore | CloudStorage, str], source: Path, target: Path, name: str
) -> None:
    store, bucket = kept
    await put(store, bucket, source, name)
    assert await object_names(store, bucket) == [name]
    await store.download(bucket, name, target)
    assert read(target) == b"a lesson"
    await store.delete(bucket, name)
    assert await object_names(store, bucket) == []


async def test_a_second_upload_replaces_the_first_whole(
    store: ObjectStore, shelf: ObjectShelf, bucket: str, source: Path, target: Path
) -> None:
    await put(store, bucket, source, "lesson.mp4")
    write(source, b"short")
    await put(store, bucket, source, "lesson.mp4")
    await store.download(bucket, "lesson.mp4", target)
    assert read(target) == b"short"
    assert await object_names(shelf, bucket) == ["lesson.mp4"]


async def test_a_missing_object_is_a_missing_file_and_leaves_nothing_behind(
    store: ObjectStore, bucket: str, target: Path
) -> None:
    with pytest.raises(FileNotFoundError, match="nothing"):
        await store.download(bucket, "nothing", target)
    assert list(target.parent.iterdir()) == []


async def test_a_download_that_fails_leaves_the_file_as_it_was(
    store: ObjectStore, bucket: str, target: Path
) -> None:
    write(target, b"before")
    with pytest.raises(FileNotFoundError):
        await store.download(bucket, "nothing", target)
    assert read(target) == b"before"


async def test_a_download_replaces_the_file_whole_and_leaves_only_it(
    store: ObjectStore, bucket: str, source: Path, target: Path
) -> None:
    write(target, b"something much longer than the object")
    await put(store, bucket, source, "lesson.mp4")
    await store.download(bucket, "lesson.mp4", target)
    assert read(target) == b"a lesson"
    assert list(target.parent.iterdir()) == [target]


async def test_a_missing_file_to_upload_is_no_fault_of_the_store(
    store: ObjectStore, shelf: ObjectShelf, bucket: str, target: Path
) -> None:
    with pytest.raises(FileNotFoundError):
        await store.upload(bucket, "lesson.mp4", target, "video/mp4")
    assert await object_names(shelf, bucket) == []


async def test_deleting_twice_is_fine_and_so_is_deleting_nothing(
    store: ObjectStore, shelf: ObjectShelf, bucket: str, source: Path
) -> None:
    await put(store, bucket, source, "one", "two")
    await store.delete(bucket, "one")
    await store.delete(bucket, "one")
    await store.delete(bucket, "nothing")
    assert await object_names(shelf, bucket) == ["two"]


async def test_all_names_are_listed_whatever_the_order_of_their_uploads(
    store: ObjectStore, shelf: ObjectShelf, bucket: str, source: Path
) -> None:
    await put(store, bucket, source, "b", "a/2", "c", "a/10", "B")
    assert await object_names(shelf, bucket) == ["B", "a/10", "a/2", "b", "c"]


async def test_a_prefix_is_the_beginning_of_a_name_and_no_folder(
    store: ObjectStore, shelf: ObjectShelf, bucket: str, source: Path
) -> None:
    await put(store, bucket, source, "lessons/1/a", "lessons/10/a", "lessons/2/a", "cache/1")
    assert await object_names(shelf, bucket, "lessons/1") == ["lessons/1/a", "lessons/10/a"]
    assert await object_names(shelf, bucket, "lessons/1/") == ["lessons/1/a"]
    assert await object_names(shelf, bucket, "lesson_") == []


async def test_a_listing_says_when_each_object_was_written(
    store: ObjectStore, shelf: ObjectShelf, bucket: str, source: Path
) -> None:
    before = datetime.now(UTC) - CLOCK_STEP
    await put(store, bucket, source, "lessons/1/a", "lessons/1/b", "cache/c")
    listed = {one.name: one.updated_at async for one in shelf.list_objects(bucket, "lessons/")}
    assert sorted(listed) == ["lessons/1/a", "lessons/1/b"]
    assert all(before <= updated <= datetime.now(UTC) + CLOCK_STEP for updated in listed.values())
    await put(store, bucket, source, "lessons/1/a")
    again = {one.name: one.updated_at async for one in shelf.list_objects(bucket, "lessons/")}
    assert again["lessons/1/a"] > listed["lessons/1/a"]
    assert again["lessons/1/b"] == listed["lessons/1/b"]
    assert [one async for one in shelf.list_objects(bucket, "nothing/")] == []


async def test_many_uploads_at_once_all_arrive(
    store: ObjectStore, shelf: ObjectShelf, bucket: str, source: Path
) -> None:
    names = [f"segment-{number}" for number in range(8)]
    await asyncio.gather(*(put(store, bucket, source, name) for name in names))
    assert await object_names(shelf, bucket, "segment-") == names
