"""The REST calls that create, show, change and delete topics, subscriptions and snapshots."""

from __future__ import annotations

from aiohttp import web

from worker.embedded.pubsub import resource_wire
from worker.embedded.pubsub.broker import Broker
from worker.embedded.pubsub.calls import (
    answer,
    answer_page,
    project_name,
    read_json,
    resource_name,
)
from worker.embedded.pubsub.json_fields import Fields


class ResourceCalls:
    """Calls on what exists."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._registry = broker.registry

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        topics = "/v1/projects/{project}/topics"
        subscriptions = "/v1/projects/{project}/subscriptions"
        snapshots = "/v1/projects/{project}/snapshots"
        one = "/{id:[^/:]+}"
        return [
            web.get(topics, self._list_topics),
            web.put(topics + one, self._create_topic),
            web.get(topics + one, self._get_topic),
            web.delete(topics + one, self._delete_topic),
            web.post(topics + one + ":testIamPermissions", self._test_topic_permissions),
            web.get(subscriptions, self._list_subscriptions),
            web.put(subscriptions + one, self._create_subscription),
            web.get(subscriptions + one, self._get_subscription),
            web.patch(subscriptions + one, self._change_subscription),
            web.delete(subscriptions + one, self._delete_subscription),
            web.post(
                subscriptions + one + ":testIamPermissions", self._test_subscription_permissions
            ),
            web.get(snapshots, self._list_snapshots),
            web.put(snapshots + one, self._create_snapshot),
            web.get(snapshots + one, self._get_snapshot),
            web.delete(snapshots + one, self._delete_snapshot),
        ]

    async def _list_topics(self, request: web.Request) -> web.Response:
        found = self._registry.topics(project_name(request))
        return answer_page(request, "topics", [resource_wire.write_topic(topic) for topic in found])

    async def _create_topic(self, request: web.Request) -> web.Response:
        topic = resource_wire.read_topic(resource_name(request, "topics"), await read_json(request))
        self._registry.create_topic(topic)
        return answer(resource_wire.write_topic(topic))

    async def _get_topic(self, request: web.Request) -> web.Response:
        return answer(
            resource_wire.write_topic(self._registry.topic(resource_name(request, "topics")))
        )

    async def _delete_topic(self, request: web.Request) -> web.Response:
        self._registry.delete_topic(resource_name(request, "topics"))
        return answer({})

    async def _test_topic_permissions(self, request: web.Request) -> web.Response:
        self._registry.topic(resource_name(request, "topics"))
        return await _grant_all(request)

    async def _list_subscriptions(self, request: web.Request) -> web.Response:
        found = self._registry.subscriptions(project_name(request))
        bodies = [resource_wire.write_subscription(settings) for settings in found]
        return answer_page(request, "subscriptions", bodies)

    async def _create_subscription(self, request: web.Request) -> web.Response:
        name = resource_name(request, "subscriptions")
        settings = resource_wire.read_subscription(name, await read_json(request))
        self._registry.create_subscription(settings)
        return answer(resource_wire.write_subscription(settings))

    async def _get_subscription(self, request: web.Request) -> web.Response:
        found = self._registry.subscription(resource_name(request, "subscriptions"))
        return answer(resource_wire.write_subscription(found.settings))

    async def _change_subscription(self, request: web.Request) -> web.Response:
        name = resource_name(request, "subscriptions")
        body = await read_json(request)
        changed = self._registry.change_subscription(
            name, lambda current: resource_wire.read_patch(current, body)
        )
        return answer(resource_wire.write_subscription(changed))

    async def _delete_subscription(self, request: web.Request) -> web.Response:
        self._registry.delete_subscription(resource_name(request, "subscriptions"))
        return answer({})

    async def _test_subscription_permissions(self, request: web.Request) -> web.Response:
        self._registry.subscription(resource_name(request, "subscriptions"))
        return await _grant_all(request)

    async def _list_snapshots(self, request: web.Request) -> web.Response:
        found = self._registry.snapshots(project_name(request))
        bodies = [resource_wire.write_snapshot(snapshot) for snapshot in found]
        return answer_page(request, "snapshots", bodies)

    async def _create_snapshot(self, request: web.Request) -> web.Response:
        fields = Fields(await read_json(request), "request")
        subscription, labels = fields.text("subscription"), fields.texts_by_key("labels")
        fields.skip(("name",))
        fields.refuse_rest()
        name = resource_name(request, "snapshots")
        return answer(
            resource_wire.write_snapshot(self._broker.create_snapshot(name, subscription, labels))
        )

    async def _get_snapshot(self, request: web.Request) -> web.Response:
        found = self._registry.snapshot(resource_name(request, "snapshots"))
        return answer(resource_wire.write_snapshot(found.settings))

    async def _delete_snapshot(self, request: web.Request) -> web.Response:
        self._registry.delete_snapshot(resource_name(request, "snapshots"))
        return answer({})


async def _grant_all(request: web.Request) -> web.Response:
    """Answer that the caller may do all it asks about: there are no identities here."""
    fields = Fields(await read_json(request), "request")
    permissions = fields.texts("permissions")
    fields.refuse_rest()
    return answer({"permissions": permissions})
