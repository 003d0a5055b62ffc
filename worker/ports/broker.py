"""A broker: deliveries in, messages out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Delivery:
    """One receipt of a message.

    Attributes:
        delivery_attempt: The broker's ordinal, from 1; None where the subscription has no
            dead-letter policy.
    """

    ack_id: str = field(repr=False)
    message_id: str
    data: bytes = field(repr=False)
    attributes: Mapping[str, str]
    published_at: datetime
    delivery_attempt: int | None


class MessageSource(Protocol):
    """A subscription.

    Every method may raise DependencyUnavailableError. `ack` and `extend` may be called twice
    for the same delivery, and after its deadline; they then change nothing.
    """

    async def pull(self, limit: int) -> Sequence[Delivery]:
        """Wait for deliveries; up to `limit` of them, or none when the wait ends.

        Cancelling it is safe: what the broker had handed out is redelivered at its deadline.
        """
        ...

    async def ack(self, ack_ids: Sequence[str]) -> None:
        """End deliveries for good."""
        ...

    async def extend(self, ack_ids: Sequence[str], seconds: int) -> None:
        """Move ack deadlines to `seconds` from now; 0 gives the deliveries back at once."""
        ...


class Publisher(Protocol):
    """Topics to publish to."""

    async def publish(self, topic: str, data: bytes, attributes: Mapping[str, str]) -> str:
        """Publish one message and return its id. At least once: a retry may publish twice.

        Raises:
            DependencyUnavailableError: The broker did not take it.
        """
        ...

    async def publish_batch(
        self, topic: str, contents: Sequence[tuple[bytes, Mapping[str, str]]]
    ) -> Sequence[str]:
        """Publish several messages in one call, all or none, and return their ids in order.

        Raises:
            DependencyUnavailableError: The broker did not take them.
        """
        ...
