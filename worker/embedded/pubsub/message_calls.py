"""The REST calls that move messages: publish, pull (a long poll), settle, seek."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from aiohttp import web

from worker.embedded.pubsub import message_wire
from worker.embedded.pubsub.broker import Broker
from worker.embedded.pubsub.calls import answer, read_json, resource_name
from worker.embedded.pubsub.json_fields import Fields
from worker.embedded.pubsub.model import Clock, Lease

# At most so long between two looks at what only time changes (retention, snapshots).
_LONGEST_SLEEP_SECONDS = 60.0


class MessageCalls:
    """Calls that move messages, and time passing between them.

    `let_time_pass` must be running beside the web server.
    """

    def __init__(self, broker: Broker, clock: Clock, long_poll_seconds: float) -> None:
        self._broker = broker
        self._clock = clock
        self._long_poll_seconds = long_poll_seconds
        # Set once, when something may have become deliverable, and then replaced.
        self._changed = asyncio.Event()
        self._closing = False

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        topic = "/v1/projects/{project}/topics/{id:[^/:]+}"
        subscription = "/v1/projects/{project}/subscriptions/{id:[^/:]+}"
        return [
            web.post(topic + ":publish", self._publish),
            web.post(subscription + ":pull", self._pull),
            web.post(subscription + ":acknowledge", self._acknowledge),
            web.post(subscription + ":modifyAckDeadline", self._modify_ack_deadline),
            web.post(subscription + ":seek", self._seek),
        ]

    async def let_time_pass(self) -> None:
        """End leases and forward dead letters when their time comes; runs until cancelled."""
        while True:
            self._broker.advance()
            self._wake_pulls()
            next_at = self._broker.next_event_at()
            until_next = _LONGEST_SLEEP_SECONDS
            if next_at is not None:
                until_next = min(until_next, next_at - self._clock.monotonic())
            await self._wait_for_change(self._changed, until_next)

    def close(self) -> None:
        """Let every waiting pull answer with what it has: nothing."""
        self._closing = True
        self._wake_pulls()

    async def _publish(self, request: web.Request) -> web.Response:
        drafts = message_wire.read_drafts(await read_json(request))
        ids = self._broker.publish(resource_name(request, "topics"), drafts)
        self._wake_pulls()
        return answer({"messageIds": list(ids)})

    async def _pull(self, request: web.Request) -> web.StreamResponse:
        name = resource_name(request, "subscriptions")
        ask = message_wire.read_pull(await read_json(request))
        wait_seconds = 0.0 if ask.return_immediately else self._long_poll_seconds
        leases = await self._wait_for_messages(request, ask.max_messages, wait_seconds)
        if not leases:
            return answer({})
        response = answer(
            {"receivedMessages": [message_wire.write_lease(lease) for lease in leases]}
        )
        try:
            await response.prepare(request)
            await response.write_eof()
        except (ConnectionError, asyncio.CancelledError):
            # The client hung up (the server cancels its call) and nobody received them: they
            # must not wait for their deadline.
            self._broker.take_back(name, leases)
            self._wake_pulls()
            raise
        return response

    async def _acknowledge(self, request: web.Request) -> web.Response:
        fields = Fields(await read_json(request), "request")
        ack_ids = message_wire.read_ack_ids(fields)
        fields.refuse_rest()
        self._broker.acknowledge(resource_name(request, "subscriptions"), ack_ids)
        # The next of an ordering key may follow now.
        self._wake_pulls()
        return answer({})

    async def _modify_ack_deadline(self, request: web.Request) -> web.Response:
        fields = Fields(await read_json(request), "request")
        ack_ids = message_wire.read_ack_ids(fields)
        seconds = fields.integer("ackDeadlineSeconds")
        fields.refuse_rest()
        name = resource_name(request, "subscriptions")
        self._broker.modify_ack_deadline(name, ack_ids, seconds)
        self._wake_pulls()
        return answer({})

    async def _seek(self, request: web.Request) -> web.Response:
        ask = message_wire.read_seek(await read_json(request))
        name = resource_name(request, "subscriptions")
        if ask.time is not None:
            self._broker.seek_to_time(name, ask.time)
        elif ask.snapshot is not None:
            self._broker.seek_to_snapshot(name, ask.snapshot)
        self._wake_pulls()
        return answer({})

    async def _wait_for_messages(
        self, request: web.Request, limit: int, wait_seconds: float
    ) -> Sequence[Lease]:
        name = resource_name(request, "subscriptions")
        until = self._clock.monotonic() + wait_seconds
        while True:
            changed = self._changed
            leases = self._broker.pull(name, limit)
            left = until - self._clock.monotonic()
            if leases or left <= 0 or self._closing:
                return leases
            await self._wait_for_change(changed, left)

    async def _wait_for_change(self, changed: asyncio.Event, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await changed.wait()

    def _wake_pulls(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
