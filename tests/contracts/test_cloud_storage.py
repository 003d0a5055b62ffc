"""What Cloud Storage keeps when its service fails, refuses, or answers oddly."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from email import message_from_bytes
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from tests.contracts.conftest import ScriptedServer, answer
from tests.fakes.object_names import object_names
from worker.adapters.cloud_storage import CloudStorage
from worker.adapters.google_http import AccessError
from worker.lessons.errors import DependencyUnavailableError

Call = Callable[[CloudStorage, Path], Awaitable[object]]


async def upload(store: CloudStorage, file: Path) -> None:
    await store.upload("bucket", "lesson.mp4", file, "video/mp4")


async def download(store: CloudStorage, file: Path) -> None:
    await store.download("bucket", "lesson.mp4", file.with_name("target.mp4"))


async def delete(store: CloudStorage, _: Path) -> None:
    await store.delete("bucket", "lesson.mp4")


async def list_objects(store: CloudStorage, _: Path) -> object:
    return await object_names(store, "bucket", "lessons/")


CALLS: list[Call] = [upload, download, delete, list_objects]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lesson.mp4"
    path.write_bytes(b"a lesson")
    return path


@pytest.fixture
def store(session: aiohttp.ClientSession, scripted: ScriptedServer) -> CloudStorage:
    return CloudStorage(session, emulator_url=scripted.url)


@pytest.mark.parametrize("call", CALLS)
async def test_a_service_that_nobody_runs_is_unavailable(
    session: aiohttp.ClientSession, nobody: str, file: Path, call: Call
) -> None:
    store = CloudStorage(session, emulator_url=f"http://{nobody}")
    with pytest.raises(DependencyUnavailableError, match=f"no answer from http://{nobody}"):
        await call(store, file)
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("status", [401, 408, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("call", CALLS)
async def test_a_service_that_says_not_now_is_unavailable_after_one_call(
    store: CloudStorage, scripted: ScriptedServer, file: Path, call: Call, status: int
) -> None:
    scripted.says(status, "over quota")
    with pytest.raises(DependencyUnavailableError, match=f"answered {status}"):
        await call(store, file)
    assert len(scripted.asked) == 1
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("call", CALLS)
async def test_a_service_that_says_no_is_a_fault_of_the_deployment(
    store: CloudStorage, scripted: ScriptedServer, file: Path, call: Call
) -> None:
    scripted.says(403, "worker@project does not have storage access")
    with pytest.raises(AccessError, match=r"answered 403 \(Forbidden\)$") as caught:
        await call(store, file)
    assert caught.value.status == 403
    assert "project" not in str(caught.value)
    assert "service account" in caught.value.hint
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("call", [upload, list_objects])
async def test_a_missing_bucket_is_a_fault_of_the_deployment(
    store: CloudStorage, scripted: ScriptedServer, file: Path, call: Call
) -> None:
    scripted.says(404, "no such bucket")
    with pytest.raises(AccessError, match="bucket") as caught:
        await call(store, file)
    assert caught.value.status == 404


@pytest.mark.parametrize("call", CALLS)
async def test_a_call_waits_for_its_answer_as_long_as_it_was_told(
    session: aiohttp.ClientSession, scripted: ScriptedServer, file: Path, call: Call
) -> None:
    async def never(_: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        return web.Response()

    scripted.script[:] = [never]
    store = CloudStorage(session, emulator_url=scripted.url, call_seconds=0.05)
    async with asyncio.timeout(5):
        with pytest.raises(DependencyUnavailableError, match="no answer"):
            await call(store, file)


@pytest.mark.parametrize("page", ["<html>Sorry</html>", "[]", '{"items": [{"name": "a"}]}'])
async def test_an_answer_of_something_else_than_the_service_is_no_answer(
    store: CloudStorage, scripted: ScriptedServer, file: Path, page: str
) -> None:
    """A proxy answers 200 with a page of its own, too."""
    scripted.says(200, page)
    with pytest.raises(DependencyUnavailableError, match="no answer of its API"):
        await list_objects(store, file)


async def test_a_server_that_hangs_up_is_unavailable(
    store: CloudStorage, scripted: ScriptedServer, file: Path
) -> None:
    async def hang_up(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    scripted.script[:] = [hang_up]
    with pytest.raises(DependencyUnavailableError, match="no answer"):
        await upload(store, file)


async def test_a_download_that_breaks_off_leaves_the_file_as_it_was(
    store: CloudStorage, scripted: ScriptedServer, file: Path
) -> None:
    async def break_off(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"only the beginning")
        assert request.transport is not None
        request.transport.close()
        return response

    scripted.script[:] = [break_off]
    target = file.with_name("target.mp4")
    target.write_bytes(b"before")
    with pytest.raises(DependencyUnavailableError, match=r"no answer .*ClientPayloadError"):
        await download(store, file)
    assert target.read_bytes() == b"before"
    assert sorted(file.parent.iterdir()) == [file, target]


async def test_a_folder_that_is_not_there_is_no_fault_of_the_service(
    store: CloudStorage, scripted: ScriptedServer, file: Path
) -> None:
    scripted.says(200, "a lesson")
    with pytest.raises(FileNotFoundError, match="No such file or directory"):
        await store.download("bucket", "lesson.mp4", file.parent / "nowhere" / "target.mp4")


async def test_an_upload_that_a_busy_service_did_not_take_is_never_reported_as_done(
    session: aiohttp.ClientSession, scripted: ScriptedServer, file: Path
) -> None:
    # A resumable upload that meets a 503 is asked for its state: 308 means "not complete".
    await asyncio.to_thread(file.write_bytes, bytes(6_000_000))
    scripted.script[:] = [
        answer(200, Location=f"{scripted.url}/upload"),
        answer(503),
        answer(308, ""),
    ]
    store = CloudStorage(session, emulator_url=scripted.url, call_seconds=0.5)
    with pytest.raises(DependencyUnavailableError):
        await upload(store, file)


@pytest.mark.parametrize("stored", ['{"size": "7"}', "{}", ""])
async def test_an_upload_that_the_service_stored_in_part_is_never_reported_as_done(
    store: CloudStorage, scripted: ScriptedServer, file: Path, stored: str
) -> None:
    scripted.says(200, stored)
    with pytest.raises(DependencyUnavailableError, match="of 8 bytes"):
        await upload(store, file)


async def test_an_object_is_described_as_a_browser_needs_it_and_with_its_checksum(
    store: CloudStorage, scripted: ScriptedServer, file: Path
) -> None:
    described: list[dict[str, str]] = []

    async def store_it(request: web.Request) -> web.StreamResponse:
        head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n"
        _, described_part, content = message_from_bytes(head.encode() + await request.read()).walk()
        described.append(json.loads(str(described_part.get_payload())))
        assert content.get_content_type() == described[0]["contentType"]
        assert content.get_payload() == "a lesson"
        return web.json_response({"size": "8", "crc32c": described[0]["crc32c"]})

    scripted.script[:] = [store_it]
    await upload(store, file)
    assert described == [
        {
            "name": "lesson.mp4",
            "contentType": "video/mp4",
            "cacheControl": "private, max-age=31536000, immutable",
            "contentDisposition": "inline; filename*=UTF-8''lesson.mp4",
            "crc32c": "o9I4sg==",
        }
    ]


@pytest.mark.parametrize("stored", ['{"size": "8", "crc32c": "AAAAAA=="}', '{"size": "8"}'])
async def test_an_upload_that_was_stored_as_something_else_is_never_reported_as_done(
    store: CloudStorage, scripted: ScriptedServer, file: Path, stored: str
) -> None:
    scripted.says(200, stored)
    with pytest.raises(DependencyUnavailableError, match="instead of o9I4sg=="):
        await upload(store, file)


async def test_a_download_whose_checksum_is_not_the_named_one_leaves_the_file_as_it_was(
    store: CloudStorage, scripted: ScriptedServer, file: Path
) -> None:
    target = file.with_name("target.mp4")
    target.write_bytes(b"before")
    scripted.says(
        200, "a lessen", **{"X-Goog-Hash": "crc32c=o9I4sg==,md5=rL0Y20zC+Fzt72VPzMSk2A=="}
    )
    with pytest.raises(DependencyUnavailableError, match="checksum"):
        await download(store, file)
    assert target.read_bytes() == b"before"
    assert sorted(file.parent.iterdir()) == [file, target]


async def test_a_long_list_is_read_page_after_page(
    store: CloudStorage, scripted: ScriptedServer, file: Path
) -> None:
    def page(names: list[str], following: str | None) -> str:
        items = [{"name": name, "updated": "2026-11-23T16:33:50.442Z"} for name in names]
        return json.dumps({"items": items} | ({"nextPageToken": following} if following else {}))

    scripted.script[:] = [
        answer(200, page(["lessons/3", "lessons/1"], "a/b=")),
        answer(200, json.dumps({"nextPageToken": "c"})),
        answer(200, page(["lessons/2"], None)),
    ]
    assert await list_objects(store, file) == ["lessons/1", "lessons/2", "lessons/3"]
    assert ["pageToken" in asked for asked in scripted.asked] == [False, True, True]
    assert "pageToken=a/b%3D" in scripted.asked[1]
