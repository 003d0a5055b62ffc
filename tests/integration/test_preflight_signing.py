"""The preflight without an emulator: tokens by the metadata server, links signed by IAM.

Everything stands on one local address: metadata server, token server, IAM's signBlob, and a Cloud
Storage that lets nobody in without a token and opens no link without a good signature.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from gcloud.aio.auth import token as google_auth

from tests.contracts.google_identity import ACCOUNT, GoogleIdentity
from tests.contracts.private_storage import PrivateStorage
from tests.unit.test_settings import CLOUD
from worker.adapters import google_token
from worker.adapters.cloud_storage import CloudStorage
from worker.boot_checks import Selection, Verdict, run_preflight
from worker.bootstrap import Resources, open_resources
from worker.settings import load_settings

STORAGE = Selection(only=frozenset({"storage", "links"}))

NO_BROKER = {"PUBSUB_EMULATOR_HOST": "127.0.0.1:1", "STORAGE_EMULATOR_HOST": "http://127.0.0.1:1"}


@pytest.fixture(scope="module")
async def resources() -> AsyncIterator[Resources]:
    """What a worker holds open; of it, these checks ask the store alone, which each test brings."""
    settings, _ = load_settings(CLOUD | NO_BROKER)
    async with open_resources(settings) as resources:
        yield resources


@pytest.fixture
async def google() -> AsyncIterator[PrivateStorage]:
    storage = PrivateStorage(GoogleIdentity())
    async with TestServer(storage.app()) as server:
        storage.identity.url = f"http://{server.host}:{server.port}"
        yield storage


@pytest.fixture
def machine(google: PrivateStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with an identity and no file of credentials.

    gcloud-aio-auth reads the metadata server's address from GCE_METADATA_HOST when it is imported
    (`tests/contracts/test_google_identity.py` has it do so); here it is imported already.
    """
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    base = f"{google.identity.url}/computeMetadata/v1"
    endpoint = f"{base}/instance/service-accounts/default/token?recursive=true"
    monkeypatch.setattr(google_auth, "GCE_ENDPOINT_TOKEN", endpoint)
    monkeypatch.setattr(google_token, "GCE_METADATA_BASE", base)


@pytest.fixture
def federation(google: PrivateStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that has workload identity."""
    file = str(google.identity.federation_file(tmp_path))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", file)


class Preflight:
    """The preflight's checks of storage, on the private one."""

    def __init__(self, resources: Resources, google: PrivateStorage) -> None:
        self._resources, self._url = resources, google.identity.url

    async def __call__(self, **changes: str) -> Verdict:
        """Run them with some settings changed."""
        settings, _ = load_settings(CLOUD | NO_BROKER | changes)
        async with aiohttp.ClientSession() as session:
            objects = CloudStorage(session, emulator_url=None, api_url=self._url, iam_url=self._url)
            there = replace(self._resources, settings=settings, objects=objects)
            return await run_preflight(there, (), STORAGE)


@pytest.fixture
def preflight(resources: Resources, google: PrivateStorage) -> Preflight:
    return Preflight(resources, google)


SIGNING: Mapping[str, str] = {"WORKER_SIGNING_ACCOUNT": ACCOUNT}


@pytest.mark.usefixtures("machine")
async def test_on_a_machine_with_an_identity_buckets_are_used_and_a_link_signed_and_opened(
    google: PrivateStorage, preflight: Preflight
) -> None:
    verdict = await preflight()
    assert verdict.passed, verdict.text
    assert "WK" not in verdict.text
    assert "NOT CHECKED" not in verdict.text
    (opened,) = google.opened
    assert opened.startswith(f"{CLOUD['GCS_GENERATED_CONTENT_BUCKET']}/preflight/")
    assert google.objects == {}, "every probe is deleted"
    methods = {call.partition(" ")[0] for call in google.calls}
    assert methods == {"POST", "GET", "DELETE"}


@pytest.mark.usefixtures("federation")
async def test_with_workload_identity_a_link_is_signed_and_opened(
    google: PrivateStorage, preflight: Preflight
) -> None:
    verdict = await preflight(**SIGNING)
    assert verdict.passed, verdict.text
    assert len(google.opened) == 1
    assert google.objects == {}


@pytest.mark.usefixtures("federation")
async def test_an_account_that_may_not_sign_gets_the_line_that_lets_it(
    google: PrivateStorage, preflight: Preflight
) -> None:
    google.identity.sign_status = 403
    verdict = await preflight(**SIGNING)
    assert verdict.passed, "a warning: lessons are made all the same"
    assert "WK303" in verdict.text
    assert f"add-iam-policy-binding {ACCOUNT}" in verdict.text
    assert "roles/iam.serviceAccountTokenCreator" in verdict.text
    assert google.objects == {}


@pytest.mark.usefixtures("federation")
async def test_a_link_that_the_service_does_not_honour_is_found(
    google: PrivateStorage, preflight: Preflight
) -> None:
    google.honours_links = False
    verdict = await preflight(**SIGNING)
    assert "WK304" in verdict.text
    assert f"--member=serviceAccount:{ACCOUNT} --role=roles/storage.objectViewer" in verdict.text
    assert "X-Goog-Signature" not in verdict.text


@pytest.mark.usefixtures("federation")
async def test_an_iam_that_does_not_answer_is_said_and_stops_nothing(
    google: PrivateStorage, preflight: Preflight
) -> None:
    google.identity.sign_status = 503
    verdict = await preflight(**SIGNING)
    assert verdict.passed, verdict.text
    assert f"links: could not sign as {ACCOUNT}" in verdict.text


@pytest.mark.usefixtures("federation")
@pytest.mark.parametrize("link_seconds", ["60", "86400"])
async def test_a_link_holds_as_long_as_the_setting_says(
    google: PrivateStorage, preflight: Preflight, link_seconds: str
) -> None:
    assert (await preflight(**SIGNING, WORKER_LINK_SECONDS=link_seconds)).passed
    assert google.lifetimes == [link_seconds]
