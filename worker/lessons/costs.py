"""What calls cost: what they use, what that is priced at, and which budgets it must fit.

Everything is pure. Money is counted in micros, millionths of the price table's currency.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from fnmatch import fnmatchcase

from worker.lessons.errors import (
    DayBudgetError,
    RefusedError,
    RequestBudgetError,
    UnpricedCallError,
)

MICROS = 1_000_000
"""Micros in one unit of the currency."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What one call uses.

    Attributes:
        tokens_in: Read by a model.
        tokens_out: Written by a model, its thoughts included where they are billed.
        characters: Spoken by a voice that is billed by them.
        cpu_seconds: Processor time of this machine, or of a child process.
        bytes_stored: Written to a bucket.
        bytes_served: Read from a bucket.
    """

    tokens_in: int = 0
    tokens_out: int = 0
    characters: int = 0
    cpu_seconds: float = 0.0
    bytes_stored: int = 0
    bytes_served: int = 0

    def __post_init__(self) -> None:
        """Refuse what nothing can use.

        Raises:
            ValueError: A quantity is negative.
        """
        if any(getattr(self, one.name) < 0 for one in fields(self)):
            raise ValueError("a call uses no negative quantity")


UNITS = tuple(one.name for one in fields(Usage))
"""The quantities of a usage, as the price table and the columns of `request_costs` name them."""


@dataclass(frozen=True, slots=True)
class BillableCall:
    """One call that is about to be made.

    Attributes:
        provider: Who is paid, as the price table names it: `gemini`, `google_voice`, `renderer`.
        operation: What is bought there: a model's id, a voice's name, `upload`.
        estimate: The most that it may use. It is reserved, and stays where the worker that
            made the call never says what it used.
    """

    provider: str
    operation: str
    estimate: Usage


@dataclass(slots=True)
class Charge:
    """One call that is being made; it is settled when its block is left."""

    call: BillableCall
    used: Usage | None = None
    is_void: bool = False

    def settle(self, used: Usage) -> None:
        """Say what the call has used; said again, the last word counts."""
        self.used, self.is_void = used, False

    def void(self) -> None:
        """Say that the provider bills nothing for this call: it refused it, or never saw it."""
        self.used, self.is_void = None, True

    def failed_with(self, error: BaseException) -> None:
        """Hear how the call failed; what was said before stands.

        A refusal is an answer, and a provider bills nothing for saying no. After any other
        error it may have done its work: the estimate stays.
        """
        if self.used is None and isinstance(error, RefusedError):
            self.is_void = True


@dataclass(frozen=True, slots=True)
class Price:
    """What one provider takes.

    Attributes:
        operation: Which operations; a pattern with `*`.
        unit: What is priced, one of UNITS.
        amount: Units of the currency for `per` of them.
        source: Where the price was read.
        read_on: When.
        first_day: From when it is taken; None for ever before.
        last_day: Until when; None for ever after.
    """

    provider: str
    operation: str
    unit: str
    amount: Decimal
    per: int
    source: str
    read_on: date
    first_day: date | None = None
    last_day: date | None = None

    def applies_to(self, call: BillableCall, day: date) -> bool:
        """Tell whether this is a price of the call on a day."""
        is_named = self.provider == call.provider and fnmatchcase(call.operation, self.operation)
        has_begun = self.first_day is None or self.first_day <= day
        return is_named and has_begun and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Every price that is known.

    Attributes:
        currency: ISO 4217.
        dated: When it was last held against its sources.
    """

    currency: str
    dated: date
    prices: tuple[Price, ...]

    def micros(self, call: BillableCall, usage: Usage, day: date) -> int:
        """Return what a usage of the call's operation costs, rounded up to whole micros.

        For each unit the first price that applies counts.

        Raises:
            UnpricedCallError: Something is used that no price is known for.
        """
        prices = {one.unit: one for one in reversed(self.prices) if one.applies_to(call, day)}
        total = Decimal(0)
        for unit, quantity in _quantities(usage):
            if unit not in prices:
                raise UnpricedCallError(call.provider, call.operation, unit)
            price = prices[unit]
            total += quantity * price.amount * MICROS / price.per
        return int(total.to_integral_value(ROUND_CEILING))


def _quantities(usage: Usage) -> Iterator[tuple[str, Decimal]]:
    for unit in UNITS:
        quantity = getattr(usage, unit)
        if quantity:
            yield unit, Decimal(str(quantity))


class Scope(StrEnum):
    """Who has a budget."""

    REQUEST = "request"
    ORGANIZATION = "organization"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Budgets:
    """The most that may be spent, in micros; None for no limit.

    Attributes:
        request: For one request, from its first claim to its end.
        organization: For one organisation's requests, on one day (UTC).
        day: For all requests, on one day (UTC).
    """

    request: int | None = None
    organization: int | None = None
    day: int | None = None

    @classmethod
    def of(
        cls, request: Decimal | None, organization: Decimal | None, day: Decimal | None
    ) -> Budgets:
        """Make budgets of amounts in the price table's currency."""
        limits = (
            None if one is None else int(one * MICROS) for one in (request, organization, day)
        )
        return cls(*limits)


@dataclass(frozen=True, slots=True)
class Spending:
    """What is spent and reserved, a new call included, in micros.

    Attributes:
        organization: None for a request that belongs to no organisation.
        seconds_left: Until the day ends.
    """

    request: int
    organization: int | None
    day: int
    seconds_left: float


def budget_error(
    budgets: Budgets, spending: Spending, micros: int
) -> RequestBudgetError | DayBudgetError | None:
    """Decide whether a call may be made.

    A budget of one day is there again tomorrow: the request waits. One that the call alone does
    not fit into never is.

    Args:
        budgets: The limits.
        spending: What is spent with the call.
        micros: The part of it that the call itself is.
    """
    if budgets.request is not None and spending.request > budgets.request:
        return RequestBudgetError(Scope.REQUEST, budgets.request, micros)
    limits = (
        (Scope.ORGANIZATION, budgets.organization, spending.organization),
        (Scope.DAY, budgets.day, spending.day),
    )
    for scope, limit, spent in limits:
        if limit is None or spent is None or spent <= limit:
            continue
        if micros > limit:
            return RequestBudgetError(scope, limit, micros)
        return DayBudgetError(scope, limit, spending.seconds_left)
    return None
