"""Typed reading of JSON objects, after the rules of protocol buffers' JSON.

Field names are taken in camelCase and in snake_case, as Google's servers do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from worker.embedded.pubsub.errors import InvalidArgumentError

JsonObject = Mapping[str, object]

_SECONDS = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)s")


class Fields:
    """The fields of one JSON object; a field is read once, and `refuse_rest` names what is left.

    Every reader returns the type's empty value (or None, where its type says so) for a field
    that is absent or null, and raises InvalidArgumentError for one of another type.
    """

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise InvalidArgumentError(f"Invalid JSON payload: {where} is not an object.")
        self._where = where
        self._left: dict[str, object] = {camel_case(str(key)): value[key] for key in value}

    def text(self, name: str) -> str:
        """Read a text."""
        value = self._left.pop(name, None)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self._fault(name, "a text")
        return value

    def integer(self, name: str) -> int:
        """Read a whole number; a text of digits counts as one."""
        value = self._left.pop(name, None)
        if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}", value):
            return int(value)
        if value is None:
            return 0
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._fault(name, "a whole number")
        return value

    def flag(self, name: str) -> bool:
        """Read true or false."""
        value = self._left.pop(name, None)
        if value is None:
            return False
        if not isinstance(value, bool):
            raise self._fault(name, "true or false")
        return value

    def seconds(self, name: str) -> float | None:
        """Read a duration such as "10.5s", in seconds."""
        text = self.text(name)
        if not text:
            return None
        match = _SECONDS.fullmatch(text)
        if match is None:
            raise self._fault(name, 'a duration such as "10s"')
        return float(match[1])

    def time(self, name: str) -> datetime | None:
        """Read a time of day with its zone."""
        text = self.text(name)
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError as error:
            raise self._fault(name, "an RFC 3339 time") from error
        if found.tzinfo is None:
            raise self._fault(name, "a time with its zone")
        return found

    def nested(self, name: str) -> JsonObject | None:
        """Read an object."""
        value = self._left.pop(name, None)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self._fault(name, "an object")
        return {str(key): value[key] for key in value}

    def objects(self, name: str) -> Sequence[object]:
        """Read a list whose members somebody else judges."""
        value = self._left.pop(name, None)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._fault(name, "a list")
        members: list[object] = value
        return members

    def texts(self, name: str) -> Sequence[str]:
        """Read a list of texts."""
        found = self.objects(name)
        texts = [value for value in found if isinstance(value, str)]
        if len(texts) != len(found):
            raise self._fault(name, "a list of texts")
        return texts

    def texts_by_key(self, name: str) -> Mapping[str, str]:
        """Read an object of texts."""
        found = self.nested(name) or {}
        texts = {key: value for key, value in found.items() if isinstance(value, str)}
        if len(texts) != len(found):
            raise self._fault(name, "an object of texts")
        return texts

    def is_set(self, name: str) -> bool:
        """Whether a field is present and not empty."""
        return bool(self._left.get(name))

    def skip(self, names: Iterable[str]) -> None:
        """Pass over fields that mean nothing in this direction."""
        for name in names:
            self._left.pop(name, None)

    def refuse_rest(self) -> None:
        """Refuse the fields that nobody read.

        Raises:
            InvalidArgumentError: There are some.
        """
        if self._left:
            names = ", ".join(sorted(self._left))
            raise InvalidArgumentError(
                f"Invalid JSON payload received. Unknown name in {self._where}: {names}."
            )

    def _fault(self, name: str, wanted: str) -> InvalidArgumentError:
        return InvalidArgumentError(f"Invalid value at {self._where}.{name}: {wanted} is wanted.")


def camel_case(name: str) -> str:
    """Return a field's JSON name for either of its spellings."""
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


def format_seconds(seconds: float) -> str:
    """Write a duration."""
    return f"{seconds:.9f}".rstrip("0").rstrip(".") + "s"


def format_time(moment: datetime) -> str:
    """Write a time of day in UTC, to the microsecond."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
