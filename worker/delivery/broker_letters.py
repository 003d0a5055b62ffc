"""What the broker dead-lettered by itself: taken into our own dead letters, then acked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from worker.delivery.dead_letters import MESSAGE_ID
from worker.delivery.sweep import Tally
from worker.lessons.ending import Failure
from worker.lessons.errors import DeliveriesExhaustedError, MalformedMessageError
from worker.lessons.request import parse_message
from worker.ports import Delivery, LetterShelf, MessageSource, RejectedDelivery

BATCH = 100

SOURCE = "CloudPubSubDeadLetterSourceSubscription"
DELIVERIES = "CloudPubSubDeadLetterSourceDeliveryCount"
"""What Pub/Sub adds to a message that it gives up."""


@dataclass(frozen=True, slots=True)
class BrokerLetters:
    """Reads the subscription on the dead-letter topic until it is empty.

    The broker's count says nothing of a request: a duplicate that waits for the claim's owner,
    and a worker that is drained, use up attempts as a death does. So no request fails for it;
    one whose last message was given up is republished as lost, and what kills its workers is
    ended by the count of its claims.

    Attributes:
        letters: That subscription.
        subscription: The worker's own subscription: whose dead letters are meant.
    """

    letters: MessageSource
    shelf: LetterShelf
    subscription: str
    environment: str

    async def reconcile(self, tally: Tally) -> None:
        """Keep what the broker gave up, and ack that and what the worker itself rejected.

        What came from elsewhere is left to whoever reads it. A message that is kept twice is
        one dead letter, so a failure half way is repeated safely.
        """
        seen: set[str] = set()
        while fresh := [
            one for one in await self.letters.pull(BATCH) if one.message_id not in seen
        ]:
            seen |= {one.message_id for one in fresh}
            await self._settle(fresh, tally)

    async def _settle(self, deliveries: Sequence[Delivery], tally: Tally) -> None:
        done: list[str] = []
        for delivery in deliveries:
            # First whose it was: a letter of ours that somebody sent again may be given up, too.
            if delivery.attributes.get(SOURCE) == self.subscription:
                kept = await self._keep(delivery)
                tally["taken in" if kept else "known, acked"] += 1
            elif MESSAGE_ID in delivery.attributes:
                tally["rejected by the worker, acked"] += 1
            else:
                tally["from elsewhere, left"] += 1
                continue
            done.append(delivery.ack_id)
        if done:
            await self.letters.ack(done)

    async def _keep(self, delivery: Delivery) -> bool:
        request_id, correlation_id = self._named_by(delivery)
        count = delivery.attributes.get(DELIVERIES, "")
        error = DeliveriesExhaustedError(
            f"the broker gave up after {count if count.isdecimal() else 'many'} deliveries",
            "see why workers gave it back or died; its request goes on without it",
        )
        failure = Failure.of(error, None)
        rejected = RejectedDelivery(delivery, failure, request_id, correlation_id)
        return await self.shelf.keep(rejected)

    def _named_by(self, delivery: Delivery) -> tuple[UUID | None, str | None]:
        """Return the ids that the message names, as far as they can be read."""
        try:
            message = parse_message(delivery.data, delivery.attributes, self.environment)
        except MalformedMessageError as error:
            return error.request_id, error.correlation_id
        return message.request_id, message.correlation_id
