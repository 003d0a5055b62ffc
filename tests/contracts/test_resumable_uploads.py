"""Large uploads over a real socket: what a fault does to them, and where they go on."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from tests.contracts.storage_service import (
    QUANTUM,
    Fault,
    StorageService,
    cut_after,
    cut_before,
    cut_half_way,
    refuse,
)
from worker.adapters import storage_upload
from worker.adapters.cloud_storage import CloudStorage
from worker.adapters.google_http import AccessError
from worker.adapters.storage_upload import CHUNK_BYTES
from worker.lessons.errors import DependencyUnavailableError

LARGE = 2 * CHUNK_BYTES + 1_500_000
"""Two whole chunks and a part of one, as large as they are."""

SMALL_CHUNK = 2 * QUANTUM
SIZE = 2 * SMALL_CHUNK + 150_000
"""The same in small: faults know no size, and twenty large uploads take half a minute."""

CONTENT = hashlib.shake_256(b"a lesson").digest(SIZE)


@pytest.fixture
async def service() -> AsyncIterator[StorageService]:
    service = StorageService()
    async with TestServer(service.app()) as server:
        service.url = f"http://{server.host}:{server.port}"
        yield service


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file for several chunks; no upload changes it."""
    path = tmp_path_factory.mktemp("lessons") / "lesson.mp4"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def in_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage_upload, "WHOLE_BYTES", QUANTUM)
    monkeypatch.setattr(storage_upload, "CHUNK_BYTES", SMALL_CHUNK)


async def upload(
    session: aiohttp.ClientSession, service: StorageService, file: Path, seconds: float = 20.0
) -> None:
    store = CloudStorage(session, emulator_url=service.url, call_seconds=seconds)
    await store.upload("bucket", "a/lesson.mp4", file, "video/mp4")


async def test_a_large_file_goes_chunk_after_chunk(
    session: aiohttp.ClientSession, service: StorageService, tmp_path: Path
) -> None:
    file, content = tmp_path / "lesson.mp4", hashlib.shake_256(b"large").digest(LARGE)
    file.write_bytes(content)
    await upload(session, service, file)
    assert service.objects["a/lesson.mp4"] == content
    first, second = CHUNK_BYTES, 2 * CHUNK_BYTES
    assert service.ranges == [
        f"bytes 0-{first - 1}/{LARGE}",
        f"bytes {first}-{second - 1}/{LARGE}",
        f"bytes {second}-{LARGE - 1}/{LARGE}",
    ]
    assert service.described["contentDisposition"] == "inline; filename*=UTF-8''lesson.mp4"


@pytest.mark.usefixtures("in_small")
@pytest.mark.parametrize("place", [0, 1, 2], ids=["first chunk", "second chunk", "last chunk"])
@pytest.mark.parametrize(
    "fault",
    [refuse(503), refuse(429), refuse(500), cut_before, cut_half_way, cut_after],
    ids=["503", "429", "500", "cut before", "cut half way", "cut after"],
)
async def test_an_upload_goes_on_where_the_service_has_it(
    session: aiohttp.ClientSession, service: StorageService, file: Path, fault: Fault, place: int
) -> None:
    # aiohttp itself sends a request once more whose reused connection breaks: hence twice.
    service.faults |= {place: fault, place + 1: fault}
    await upload(session, service, file)
    assert service.objects["a/lesson.mp4"] == CONTENT
    assert f"bytes */{SIZE}" in service.ranges, "it asks how far it has come"
    assert service.begun == 1


@pytest.mark.usefixtures("in_small")
async def test_faults_on_the_question_itself_are_asked_through(
    session: aiohttp.ClientSession, service: StorageService, file: Path
) -> None:
    service.faults |= {1: cut_half_way, 2: refuse(503), 3: cut_before}
    await upload(session, service, file)
    assert service.objects["a/lesson.mp4"] == CONTENT


@pytest.mark.usefixtures("in_small")
@pytest.mark.parametrize("status", [404, 410])
async def test_a_session_that_the_service_has_lost_is_begun_anew(
    session: aiohttp.ClientSession, service: StorageService, file: Path, status: int
) -> None:
    service.faults[1] = refuse(status)
    await upload(session, service, file)
    assert service.objects["a/lesson.mp4"] == CONTENT
    assert service.begun == 2


@pytest.mark.usefixtures("in_small")
@pytest.mark.parametrize("status", [400, 403, 412])
async def test_a_refusal_ends_the_upload_at_once(
    session: aiohttp.ClientSession, service: StorageService, file: Path, status: int
) -> None:
    service.faults[1] = refuse(status)
    with pytest.raises(AccessError, match=f"answered {status}"):
        await upload(session, service, file)
    assert len(service.ranges) == 2
    assert service.objects == {}


@pytest.mark.usefixtures("in_small")
async def test_a_service_that_never_takes_more_ends_with_the_call_s_time(
    session: aiohttp.ClientSession, service: StorageService, file: Path
) -> None:
    service.faults |= dict.fromkeys(range(50), refuse(503))
    with pytest.raises(DependencyUnavailableError):
        await upload(session, service, file, seconds=0.8)
    assert service.objects == {}
