"""Deliveries as a broker would hand them out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import uuid4

from worker.ports import Delivery


def make_delivery(
    data: bytes,
    attributes: Mapping[str, str] | None = None,
    *,
    delivery_attempt: int | None = 1,
    published_at: datetime | None = None,
) -> Delivery:
    """Return one delivery with an ack id and a message id of its own."""
    return Delivery(
        ack_id=f"ack-{uuid4().hex}",
        message_id=f"message-{uuid4().hex}",
        data=data,
        attributes=attributes or {},
        published_at=published_at or datetime.now(UTC),
        delivery_attempt=delivery_attempt,
    )
