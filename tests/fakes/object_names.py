"""The names of what lies in a bucket, as tests compare them."""

from __future__ import annotations

from worker.upkeep_ports import ObjectShelf


async def object_names(shelf: ObjectShelf, bucket: str, prefix: str = "") -> list[str]:
    """Return the names that start with a prefix, sorted."""
    return sorted([one.name async for one in shelf.list_objects(bucket, prefix)])
