"""Credentials over a real socket: from where a token comes, when it is fetched, who signs."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from tests.contracts.google_identity import ACCOUNT, GoogleIdentity
from tests.fakes.object_names import object_names
from worker.adapters import pubsub, stored_media
from worker.adapters.cloud_storage import CloudStorage
from worker.adapters.google_http import AccessError
from worker.adapters.google_token import GoogleToken
from worker.adapters.pubsub import PubsubPublisher, PubsubSubscription
from worker.adapters.signed_links import LONGEST_SECONDS, LinkSigner, link_to
from worker.adapters.stored_media import StoredMedia
from worker.lessons.errors import DependencyUnavailableError

Call = Callable[[], Awaitable[object]]
AT = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)


@pytest.fixture
async def google() -> AsyncIterator[GoogleIdentity]:
    identity = GoogleIdentity()
    app = identity.app()
    app.router.add_get("/storage/v1/b/{rest:.*}", identity.protected)
    app.router.add_post("/v1/projects/tests/{rest:.*}", identity.protected)
    async with TestServer(app) as server:
        identity.url = f"http://{server.host}:{server.port}"
        yield identity


@pytest.fixture
def key(google: GoogleIdentity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A service account's key file, named as the environment names it."""
    file = google.key_file(tmp_path)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    return file


@pytest.fixture
def federation(google: GoogleIdentity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workload identity federation's configuration, named likewise."""
    file = google.federation_file(tmp_path)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    return file


def storage(session: aiohttp.ClientSession, google: GoogleIdentity) -> CloudStorage:
    return CloudStorage(session, emulator_url=None, api_url=google.url)


async def listed(store: CloudStorage) -> list[str]:
    return await object_names(store, "lessons")


@pytest.mark.usefixtures("key")
async def test_a_key_file_s_own_assertion_buys_the_token(
    session: aiohttp.ClientSession, google: GoogleIdentity
) -> None:
    await listed(storage(session, google))
    assert google.seen == ["Bearer token-1"]
    assert google.assertions[0]["iss"] == ACCOUNT
    assert google.assertions[0]["scope"] == "https://www.googleapis.com/auth/cloud-platform"


@pytest.mark.usefixtures("federation")
async def test_workload_identity_exchanges_the_platform_s_token(
    session: aiohttp.ClientSession, google: GoogleIdentity
) -> None:
    await listed(storage(session, google))
    assert google.seen == ["Bearer token-1"]
    assert google.exchanges[0]["subject_token"] == "the platform's own token"  # noqa: S105  # of a test


async def test_without_a_file_the_metadata_server_is_asked(
    google: GoogleIdentity, tmp_path: Path
) -> None:
    """In a process of its own: gcloud-aio-auth reads the server's address when it is imported."""
    program = (
        "import asyncio, aiohttp, sys\n"
        "from worker.adapters.google_token import GoogleToken\n"
        "async def main():\n"
        "    async with aiohttp.ClientSession() as session:\n"
        "        token = GoogleToken(session)\n"
        "        print(await token.headers(), await token.account(), token.key)\n"
        "asyncio.run(main())\n"
    )
    environ = {
        "PATH": os.environ["PATH"],
        "GCE_METADATA_HOST": google.url.removeprefix("http://"),
        "CLOUDSDK_CONFIG": str(tmp_path),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, env=environ, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()
    assert told.decode().strip() == f"{{'Authorization': 'Bearer token-1'}} {ACCOUNT} None"


@pytest.mark.usefixtures("key")
async def test_many_calls_at_once_share_one_fetch(
    session: aiohttp.ClientSession, google: GoogleIdentity
) -> None:
    store = storage(session, google)
    await asyncio.gather(*(listed(store) for _ in range(40)))
    assert google.fetches == 1
    assert set(google.seen) == {"Bearer token-1"}


@pytest.mark.usefixtures("key")
async def test_a_token_that_has_ended_is_fetched_again_under_load_once(
    session: aiohttp.ClientSession, google: GoogleIdentity
) -> None:
    google.lifetime = -10
    store = storage(session, google)
    await listed(store)
    google.lifetime = 3600
    await asyncio.gather(*(listed(store) for _ in range(40)))
    assert google.fetches == 2
    assert google.seen[1:] == ["Bearer token-2"] * 40


def calls_of_storage(session: aiohttp.ClientSession, google: GoogleIdentity) -> Call:
    store = storage(session, google)
    return lambda: listed(store)


def calls_of_media(session: aiohttp.ClientSession, _: GoogleIdentity) -> Call:
    media = StoredMedia(session, "lessons", emulator_url=None)
    return lambda: media.describe("lesson.mp4")


def calls_of_subscription(session: aiohttp.ClientSession, _: GoogleIdentity) -> Call:
    source = PubsubSubscription(session, project="tests", subscription="in", emulator_host=None)
    return lambda: source.pull(1)


def calls_of_publisher(session: aiohttp.ClientSession, _: GoogleIdentity) -> Call:
    publisher = PubsubPublisher(session, project="tests", emulator_host=None)
    return lambda: publisher.publish("events", b"x", {})


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize(
    "calls_of", [calls_of_storage, calls_of_media, calls_of_subscription, calls_of_publisher]
)
async def test_a_token_that_a_service_does_not_take_is_replaced_by_the_next_call(
    session: aiohttp.ClientSession,
    google: GoogleIdentity,
    monkeypatch: pytest.MonkeyPatch,
    calls_of: Callable[[aiohttp.ClientSession, GoogleIdentity], Call],
) -> None:
    for adapter in (pubsub, stored_media):
        monkeypatch.setattr(adapter, "GOOGLE", google.url)
    google.accepted = {"token-2"}
    call = calls_of(session, google)
    with pytest.raises(DependencyUnavailableError, match="answered 401"):
        await call()
    await call()
    assert google.seen == ["Bearer token-1", "Bearer token-2"]


def test_what_is_signed_is_what_google_s_rules_say() -> None:
    """The canonical request, spelled out by hand; its digest is what is signed."""
    link = link_to("https://storage.googleapis.com", "b/a b/ü.mp4", ACCOUNT, AT, 600)
    credential = (
        "worker%40tests.iam.gserviceaccount.com%2F20261123%2Fauto%2Fstorage%2Fgoog4_request"
    )
    query = (
        f"X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential={credential}"
        "&X-Goog-Date=20261123T200000Z&X-Goog-Expires=600&X-Goog-SignedHeaders=host"
    )
    assert link.url == f"https://storage.googleapis.com/b/a%20b/%C3%BC.mp4?{query}"
    host = "storage.googleapis.com"
    canonical = f"GET\n/b/a%20b/%C3%BC.mp4\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
    assert link.to_sign.split("\n") == [
        "GOOG4-RSA-SHA256",
        "20261123T200000Z",
        "20261123/auto/storage/goog4_request",
        hashlib.sha256(canonical.encode()).hexdigest(),
    ]


@pytest.mark.parametrize("seconds", [0, -1, LONGEST_SECONDS + 1])
def test_a_link_that_google_would_not_honour_is_not_made(seconds: int) -> None:
    with pytest.raises(ValueError, match="a link holds for"):
        link_to("https://storage.googleapis.com", "b/o", ACCOUNT, AT, seconds)


@pytest.mark.usefixtures("key")
async def test_a_key_signs_here_and_asks_nobody(
    session: aiohttp.ClientSession, google: GoogleIdentity
) -> None:
    signer = LinkSigner(session, GoogleToken(session), iam_root=google.url)
    unsigned = link_to(google.url, "b/o", await signer.account(), AT, 600)
    google.verify(_signature(await signer.sign(unsigned)), unsigned.to_sign.encode())
    assert (google.fetches, google.seen) == (0, [])


@pytest.mark.usefixtures("federation")
async def test_without_a_key_iam_signs_for_the_account(
    session: aiohttp.ClientSession, google: GoogleIdentity
) -> None:
    signer = LinkSigner(session, GoogleToken(session), account=ACCOUNT, iam_root=google.url)
    unsigned = link_to(google.url, "b/o", ACCOUNT, AT, 600)
    google.verify(_signature(await signer.sign(unsigned)), unsigned.to_sign.encode())
    assert google.seen == ["Bearer token-1"]


@pytest.mark.usefixtures("federation")
@pytest.mark.parametrize(
    ("status", "error"),
    [(403, AccessError), (404, AccessError), (429, DependencyUnavailableError)],
)
async def test_iam_that_does_not_sign_says_why(
    session: aiohttp.ClientSession, google: GoogleIdentity, status: int, error: type[Exception]
) -> None:
    token = GoogleToken(session)
    await token.headers()
    google.status = status
    signer = LinkSigner(session, token, account=ACCOUNT, iam_root=google.url)
    with pytest.raises(error, match=f"could not sign as {ACCOUNT}"):
        await signer.sign(link_to(google.url, "b/o", ACCOUNT, AT, 600))


@pytest.mark.usefixtures("federation")
async def test_credentials_of_no_service_account_cannot_be_signed_with(
    session: aiohttp.ClientSession,
) -> None:
    with pytest.raises(AccessError, match="no service account's"):
        await GoogleToken(session).account()


def _signature(url: str) -> bytes:
    (signature,) = parse_qs(urlsplit(url).query)["X-Goog-Signature"]
    return bytes.fromhex(signature)
