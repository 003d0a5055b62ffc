"""What was spent, added up by who or what it was spent on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from worker.lessons.costs import Usage


class CostGroup(StrEnum):
    """What costs are added up by."""

    ORGANIZATION = "organization"
    TOPIC = "topic"
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True)
class CostLine:
    """The costs of one group.

    Attributes:
        name: Of the organisation, topic or provider; None for calls that have none.
        requests: That made its calls.
        calls: Settled ones, and those still open, which count by their estimates.
        assumed_micros: The part of `micros` that is estimated.
    """

    name: str | None
    requests: int
    calls: int
    used: Usage
    micros: int
    assumed_micros: int
