"""No request to Pub/Sub or Cloud Storage holds a field that their APIs do not publish.

Bodies for Pub/Sub are parsed as the protobuf types of google-cloud-pubsub, which the worker does
not use; requests to Storage are held to names from its discovery document
(`storage_discovery.json` says which). For Gemini and Text-to-Speech the servers of
`tests/protocols` do likewise with every request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from email import message_from_string
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from google.iam.v1 import iam_policy_pb2  # type: ignore[import-untyped]  # it has no stubs
from google.protobuf import json_format
from google.pubsub_v1 import types as published

from tests.contracts.conftest import ScriptedServer, answer
from tests.fakes.object_names import object_names
from worker.adapters.cloud_storage import CloudStorage
from worker.adapters.pubsub import PubsubPublisher, PubsubSubscription
from worker.adapters.storage_upload import WHOLE_BYTES
from worker.adapters.stored_media import StoredMedia
from worker.lessons.errors import DependencyUnavailableError

STORAGE = json.loads(Path(__file__).with_name("storage_discovery.json").read_text("utf-8"))

SENT = [
    ("pull", lambda one: one.pull(3), published.PullRequest.pb()),
    ("acknowledge", lambda one: one.ack(["a", "b"]), published.AcknowledgeRequest.pb()),
    (
        "modifyAckDeadline",
        lambda one: one.extend(["a"], 60),
        published.ModifyAckDeadlineRequest.pb(),
    ),
    (
        "testIamPermissions",
        lambda one: one.granted(["pubsub.subscriptions.consume"]),
        iam_policy_pb2.TestIamPermissionsRequest,
    ),
]
"""Calls on a subscription, and the type of what they send."""


@pytest.mark.parametrize(("verb", "call", "kind"), SENT, ids=[one[0] for one in SENT])
async def test_what_is_asked_of_a_subscription_is_of_the_published_type(
    session: aiohttp.ClientSession,
    scripted: ScriptedServer,
    verb: str,
    call: Callable[[PubsubSubscription], Awaitable[object]],
    kind: Any,
) -> None:
    scripted.says(200)
    await call(
        PubsubSubscription(
            session, project="school", subscription="in", emulator_host=scripted.host
        )
    )
    assert scripted.asked == [f"POST /v1/projects/school/subscriptions/in:{verb}"]
    sent = json_format.Parse(scripted.bodies[0], kind())
    assert sent.ListFields(), "something is asked for"


async def test_what_is_published_is_of_the_published_type(
    session: aiohttp.ClientSession, scripted: ScriptedServer
) -> None:
    scripted.says(200, '{"messageIds": ["1"]}')
    publisher = PubsubPublisher(session, project="school", emulator_host=scripted.host)
    await publisher.publish("events", b"x", {"data": "an attribute", "orderingKey": "another"})
    sent = json_format.Parse(scripted.bodies[0], published.PublishRequest.pb()())
    (message,) = sent.messages
    assert (message.data, message.attributes["data"], message.ordering_key) == (
        b"x",
        "an attribute",
        "",
    )


def test_a_field_that_we_invent_is_refused() -> None:
    with pytest.raises(json_format.ParseError, match="maxMessage"):
        json_format.Parse('{"maxMessage": 3}', published.PullRequest.pb()())


Use = Callable[[CloudStorage, Path], Awaitable[object]]


async def upload(store: CloudStorage, file: Path) -> None:
    with pytest.raises(DependencyUnavailableError, match="stored None"):
        await store.upload("lessons", "a b/lesson.mp4", file, "video/mp4")


async def download(store: CloudStorage, file: Path) -> None:
    await store.download("lessons", "a b/lesson.mp4", file.with_name("copy.mp4"))


async def delete(store: CloudStorage, _: Path) -> None:
    await store.delete("lessons", "a b/lesson.mp4")


async def look(store: CloudStorage, _: Path) -> None:
    await object_names(store, "lessons", "a b/")


@pytest.mark.parametrize(
    ("use", "method"), [(upload, "insert"), (download, "get"), (delete, "delete"), (look, "list")]
)
async def test_what_is_asked_of_storage_is_in_its_discovery_document(
    session: aiohttp.ClientSession, scripted: ScriptedServer, tmp_path: Path, use: Use, method: str
) -> None:
    file = tmp_path / "lesson.mp4"
    file.write_bytes(b"a lesson")
    scripted.says(200)
    await use(CloudStorage(session, emulator_url=scripted.url), file)
    hold_to(method, scripted.asked[0])
    if use is upload:
        described = message_from_string(scripted.bodies[0].decode().partition("\r\n")[2])
        hold_object(str(described.get_payload()).partition("\r\n")[0])


async def test_a_resumable_upload_begins_with_an_object_of_the_published_fields(
    session: aiohttp.ClientSession, scripted: ScriptedServer, tmp_path: Path
) -> None:
    file = tmp_path / "lesson.mp4"
    file.write_bytes(bytes(WHOLE_BYTES + 1))
    scripted.script[:] = [answer(200, Location=f"{scripted.url}/session"), answer(200)]
    await upload(CloudStorage(session, emulator_url=scripted.url), file)
    hold_to("insert", scripted.asked[0])
    hold_object(scripted.bodies[0].decode())


async def test_what_a_player_reads_is_in_the_discovery_document(
    session: aiohttp.ClientSession, scripted: ScriptedServer
) -> None:
    scripted.says(200, '{"size": "8", "crc32c": "o9I4sg=="}')
    await StoredMedia(session, "lessons", emulator_url=scripted.url).describe("a b/lesson.mp4")
    hold_to("get", scripted.asked[0])


def hold_to(method: str, asked: str) -> None:
    """Hold one request to what is published of a method."""
    told = STORAGE["methods"][method]
    verb, _, address = asked.partition(" ")
    path = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(told["path"]))
    assert verb == told["httpMethod"]
    assert re.fullmatch(path, urlsplit(address).path), address
    parameters = parse_qs(urlsplit(address).query, strict_parsing=bool(urlsplit(address).query))
    assert parameters.keys() <= {*told["parameters"], *STORAGE["parameters"]}


def hold_object(body: str) -> None:
    """Hold a resource to the fields that an object has."""
    described = json.loads(body)
    assert described["name"] == "a b/lesson.mp4"
    assert described.keys() <= set(STORAGE["Object"])
