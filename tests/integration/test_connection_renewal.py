"""HTTP clients that go on with another session."""

from __future__ import annotations

from pathlib import Path

import aiohttp

from tests.platform import PROJECT, Platform
from worker.adapters.cloud_storage import CloudStorage
from worker.adapters.pubsub import PubsubPublisher, PubsubSubscription


async def test_calls_after_a_renewal_need_nothing_of_the_old_session(
    platform: Platform, tmp_path: Path
) -> None:
    old, host = aiohttp.ClientSession(), platform.pubsub_host
    subscription = PubsubSubscription(
        old, project=PROJECT, subscription=platform.subscription, emulator_host=host
    )
    publisher = PubsubPublisher(old, project=PROJECT, emulator_host=host)
    objects = CloudStorage(old, emulator_url=platform.storage_url)
    await publisher.publish(platform.topic, b"before", {})
    async with aiohttp.ClientSession() as fresh:
        for client in (subscription, publisher, objects):
            client.renew(fresh)
        await old.close()
        await publisher.publish(platform.topic, b"after", {})
        (delivery, *_) = await subscription.pull(1)
        await subscription.ack([delivery.ack_id])
        file = tmp_path / "file.txt"
        file.write_text("text")
        await objects.upload(platform.bucket, "renewed", file, "text/plain")
    assert await platform.object_names("renewed") == ["renewed"]
