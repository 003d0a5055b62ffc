from __future__ import annotations

import pytest

from worker.embedded.pubsub.errors import InvalidArgumentError
from worker.embedded.pubsub.filters import parse_filter

RED = {"colour": "red", "size": "10", "ce-type": "dev.lesson", "iana.org/tag": "en"}


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("", True),
        ("attributes:colour", True),
        ("attributes:shape", False),
        ('attributes.colour = "red"', True),
        ('attributes.colour="blue"', False),
        ('attributes.colour != "blue"', True),
        ('attributes.shape != "round"', True),
        ('attributes.ce-type = "dev.lesson"', True),
        ('attributes."iana.org/tag" = "en"', True),
        ('attributes:"iana.org/tag"', True),
        ('hasPrefix(attributes.colour, "re")', True),
        ('hasPrefix(attributes.shape, "")', False),
        ("NOT attributes:shape", True),
        ("-attributes:colour", False),
        ('attributes:colour AND attributes.size = "10"', True),
        ('attributes:colour AND attributes.size = "9" AND attributes:size', False),
        ("attributes:shape OR attributes:size", True),
        ("attributes:shape AND (attributes:colour OR attributes:size)", False),
        ("(attributes:shape AND attributes:colour) OR attributes:size", True),
        ("NOT (attributes:shape OR attributes:weight)", True),
    ],
)
def test_a_filter_judges_the_attributes(text: str, *, passes: bool) -> None:
    assert parse_filter(text)(RED) is passes


@pytest.mark.parametrize(
    "text",
    [
        "colour",
        "attributes",
        "attributes.colour",
        "attributes.colour = red",
        'attributes.colour < "red"',
        'attributes.colour == "red"',
        'hasSuffix(attributes.colour, "d")',
        'hasPrefix(attributes.colour "r")',
        "attributes:a AND attributes:b OR attributes:c",
        "(attributes:a",
        "attributes:a attributes:b",
        "attributes:a AND",
        'attributes.colour = "red',
        "attributes:" + "a" * 250,
    ],
)
def test_what_is_not_of_the_language_is_refused_and_never_ignored(text: str) -> None:
    with pytest.raises(InvalidArgumentError, match="filter"):
        parse_filter(text)


def test_a_quoted_value_may_hold_quotes_and_backslashes() -> None:
    assert parse_filter(r'attributes.a = "x\"y\\z"')({"a": 'x"y\\z'})
