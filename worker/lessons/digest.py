"""Digests of values: equal values have equal digests, in every process and on every machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum


def digest_of(*parts: object) -> str:
    """Return the SHA-256 of values, as 64 hexadecimal digits.

    Every part is written as JSON with sorted names, floats as their shortest exact decimals and
    each dataclass with the name of its type. Nothing depends on `hash` or on an order that
    varies.

    Raises:
        TypeError: A part holds what has no one spelling: a set, bytes, an object.
        ValueError: A part holds a float that is no number.
    """
    spelled = json.dumps(
        [_spell(part) for part in parts],
        sort_keys=True,
        separators=(",", ":"),
        allow_nan=False,
    )
    return hashlib.sha256(spelled.encode()).hexdigest()


def _spell(value: object) -> object:
    if isinstance(value, Enum):
        return _spell(value.value)
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, tuple | list):
        return [_spell(one) for one in value]
    if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
        return {name: _spell(one) for name, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        held = {field.name: _spell(getattr(value, field.name)) for field in fields(value)}
        return {"": type(value).__name__, **held}
    raise TypeError(f"a {type(value).__name__} has no one spelling to digest")
