"""The preflight without an emulator: tokens by the metadata server, links signed by IAM.

Everything stands on one local address: metadata server, token server, IAM's signBlob, and a Cloud
Storage that lets nobody in without a token and opens no link without a good signature.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from tests.contracts.google_identity import ACCOUNT, GoogleIdentity
from tests.contracts.private_storage import PrivateStorage
from tests.platform import Platform
from worker.adapters.cloud_storage import CloudStorage
from worker.boot_checks import Selection, Verdict, run_preflight
from worker.bootstrap import open_resources
from worker.settings import load_settings

STORAGE = Selection(only=frozenset({"storage", "links"}))

PROGRAM = """
import asyncio, os, sys
from dataclasses import replace
import aiohttp
from worker.adapters.cloud_storage import CloudStorage
from worker.boot_checks import Selection, run_preflight
from worker.bootstrap import open_resources
from worker.settings import load_settings

async def main(url):
    settings, _ = load_settings(os.environ)
    async with open_resources(settings) as resources, aiohttp.ClientSession() as session:
        store = CloudStorage(session, emulator_url=None, api_url=url, iam_url=url)
        chosen = Selection(only=frozenset({"storage", "links"}))
        verdict = await run_preflight(replace(resources, objects=store), (), chosen)
        print(verdict.text)
        raise SystemExit(0 if verdict.passed else 3)

asyncio.run(main(sys.argv[1]))
"""


@pytest.fixture
async def google() -> AsyncIterator[PrivateStorage]:
    storage = PrivateStorage(GoogleIdentity())
    async with TestServer(storage.app()) as server:
        storage.identity.url = f"http://{server.host}:{server.port}"
        yield storage


async def test_on_a_machine_with_an_identity_buckets_are_used_and_a_link_signed_and_opened(
    google: PrivateStorage, platform: Platform, tmp_path: Path
) -> None:
    """In a process of its own: gcloud-aio-auth reads the server's address when it is imported."""
    environ = platform.environ | {
        "GCE_METADATA_HOST": google.identity.url.removeprefix("http://"),
        "CLOUDSDK_CONFIG": str(tmp_path),
    }
    environ.pop("GOOGLE_APPLICATION_CREDENTIALS", None)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, google.identity.url),
        env=environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, out.decode() + err.decode()
    assert "WK" not in out.decode()
    assert "NOT CHECKED" not in out.decode()
    (opened,) = google.opened
    assert opened.startswith(f"{platform.bucket}/preflight/")
    assert google.objects == {}, "every probe is deleted"
    methods = {call.partition(" ")[0] for call in google.calls}
    assert methods == {"POST", "GET", "DELETE"}


@pytest.fixture
def environ(
    google: PrivateStorage, platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Mapping[str, str]:
    """A platform whose worker has workload identity, and signs as a service account."""
    file = str(google.identity.federation_file(tmp_path))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", file)
    return platform.environ | {"WORKER_SIGNING_ACCOUNT": ACCOUNT}


async def verdict_of(google: PrivateStorage, environ: Mapping[str, str]) -> Verdict:
    (settings, _), url = load_settings(environ), google.identity.url
    async with open_resources(settings) as resources, aiohttp.ClientSession() as session:
        store = CloudStorage(session, emulator_url=None, api_url=url, iam_url=url)
        return await run_preflight(replace(resources, objects=store), (), STORAGE)


async def test_with_workload_identity_a_link_is_signed_and_opened(
    google: PrivateStorage, environ: Mapping[str, str]
) -> None:
    verdict = await verdict_of(google, environ)
    assert verdict.passed, verdict.text
    assert len(google.opened) == 1
    assert google.objects == {}


async def test_an_account_that_may_not_sign_gets_the_line_that_lets_it(
    google: PrivateStorage, environ: Mapping[str, str]
) -> None:
    google.identity.sign_status = 403
    verdict = await verdict_of(google, environ)
    assert verdict.passed, "a warning: lessons are made all the same"
    assert "WK303" in verdict.text
    assert f"add-iam-policy-binding {ACCOUNT}" in verdict.text
    assert "roles/iam.serviceAccountTokenCreator" in verdict.text
    assert google.objects == {}


async def test_a_link_that_the_service_does_not_honour_is_found(
    google: PrivateStorage, environ: Mapping[str, str]
) -> None:
    google.honours_links = False
    verdict = await verdict_of(google, environ)
    assert "WK304" in verdict.text
    assert f"--member=serviceAccount:{ACCOUNT} --role=roles/storage.objectViewer" in verdict.text
    assert "X-Goog-Signature" not in verdict.text


async def test_an_iam_that_does_not_answer_is_said_and_stops_nothing(
    google: PrivateStorage, environ: Mapping[str, str]
) -> None:
    google.identity.sign_status = 503
    verdict = await verdict_of(google, environ)
    assert verdict.passed, verdict.text
    assert f"links: could not sign as {ACCOUNT}" in verdict.text


@pytest.mark.parametrize("link_seconds", ["60", "86400"])
async def test_a_link_holds_as_long_as_the_setting_says(
    google: PrivateStorage, environ: Mapping[str, str], link_seconds: str
) -> None:
    assert (await verdict_of(google, {**environ, "WORKER_LINK_SECONDS": link_seconds})).passed
    assert google.lifetimes == [link_seconds]
