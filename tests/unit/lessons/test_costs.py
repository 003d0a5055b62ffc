"""Costs: what a usage is priced at, and which budgets it fits."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.lessons.costs import (
    UNITS,
    BillableCall,
    Budgets,
    Charge,
    Price,
    PriceTable,
    Scope,
    Spending,
    Usage,
    budget_error,
)
from worker.lessons.errors import (
    DayBudgetError,
    DependencyUnavailableError,
    RefusedError,
    RequestBudgetError,
    UnpricedCallError,
)

TODAY = date(2026, 11, 23)
CALL = BillableCall("gemini", "gemini-3.8-flash", Usage(tokens_in=10))


def price(unit: str, amount: str, operation: str = "*", **days: date) -> Price:
    return Price("gemini", operation, unit, Decimal(amount), 1_000_000, "a page", TODAY, **days)


def table(*prices: Price) -> PriceTable:
    return PriceTable("USD", TODAY, prices)


def test_every_quantity_is_priced_by_its_own_unit() -> None:
    prices = table(price("tokens_in", "0.75"), price("tokens_out", "3.75"))
    used = Usage(tokens_in=1_000_000, tokens_out=200_000)
    assert prices.micros(CALL, used, TODAY) == 750_000 + 750_000


def test_a_part_of_a_micro_is_a_whole_one() -> None:
    assert table(price("tokens_in", "0.75")).micros(CALL, Usage(tokens_in=1), TODAY) == 1


def test_the_first_price_that_applies_counts() -> None:
    prices = table(price("tokens_in", "2", "*-flash"), price("tokens_in", "9"))
    assert prices.micros(CALL, Usage(tokens_in=1_000_000), TODAY) == 2_000_000


def test_a_price_that_changes_on_a_day_is_the_old_one_the_day_before() -> None:
    prices = table(
        price("tokens_in", "1", last_day=date(2026, 12, 31)),
        price("tokens_in", "2", first_day=date(2027, 1, 1)),
    )
    used = Usage(tokens_in=1_000_000)
    days = (date(2026, 12, 31), date(2027, 1, 1))
    assert [prices.micros(CALL, used, day) for day in days] == [1_000_000, 2_000_000]


@pytest.mark.parametrize("used", [Usage(characters=1), Usage(tokens_in=1, cpu_seconds=0.1)])
def test_what_has_no_price_is_not_free(used: Usage) -> None:
    with pytest.raises(UnpricedCallError, match="no price is known"):
        table(price("tokens_in", "1")).micros(CALL, used, TODAY)


def test_nothing_used_costs_nothing_with_or_without_a_price() -> None:
    assert table().micros(CALL, Usage(), TODAY) == 0


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_more_never_costs_less(first: int, second: int) -> None:
    prices = table(price("tokens_in", "0.75"))
    low, high = sorted((first, second))
    costs = [prices.micros(CALL, Usage(tokens_in=one), TODAY) for one in (low, high)]
    assert costs == sorted(costs)


@pytest.mark.parametrize("unit", UNITS)
def test_a_negative_quantity_is_refused(unit: str) -> None:
    with pytest.raises(ValueError, match="negative"):
        Usage(**{unit: -1})


def test_without_limits_everything_fits() -> None:
    assert budget_error(Budgets(), Spending(10**12, 10**12, 10**12, 60.0), 10**12) is None


def test_a_budget_that_is_met_exactly_is_not_exceeded() -> None:
    assert budget_error(Budgets(5, 6, 7), Spending(5, 6, 7, 60.0), 5) is None


def test_a_request_over_its_own_budget_is_never_tried_again() -> None:
    error = budget_error(Budgets(request=5), Spending(6, None, 6, 60.0), 1)
    assert isinstance(error, RequestBudgetError)
    assert (error.scope, error.limit_micros, error.call_micros) == (Scope.REQUEST, 5, 1)


@pytest.mark.parametrize(
    ("budgets", "scope"),
    [(Budgets(organization=5), Scope.ORGANIZATION), (Budgets(day=5), Scope.DAY)],
)
def test_a_day_s_budget_that_is_spent_is_waited_for(budgets: Budgets, scope: Scope) -> None:
    error = budget_error(budgets, Spending(1, 6, 6, 60.0), 1)
    assert isinstance(error, DayBudgetError)
    assert (error.scope, error.limit_micros, error.seconds_left) == (scope, 5, 60.0)


def test_a_call_that_no_day_has_room_for_is_never_tried_again() -> None:
    error = budget_error(Budgets(day=5), Spending(6, None, 6, 60.0), 6)
    assert isinstance(error, RequestBudgetError)
    assert error.scope == Scope.DAY


def test_a_request_without_an_organisation_has_no_organisation_s_budget() -> None:
    assert budget_error(Budgets(organization=5), Spending(9, None, 9, 60.0), 9) is None


def test_budgets_are_given_in_the_currency_and_counted_in_micros() -> None:
    assert Budgets.of(Decimal("0.5"), None, Decimal(20)) == Budgets(500_000, None, 20_000_000)


@pytest.mark.parametrize(
    ("error", "is_void"), [(RefusedError("no"), True), (DependencyUnavailableError("?"), False)]
)
def test_a_refusal_buys_nothing_and_silence_may_have(error: Exception, is_void: bool) -> None:  # noqa: FBT001  # a test's parameter
    charge = Charge(CALL)
    charge.failed_with(error)
    assert charge.is_void is is_void


def test_what_a_call_has_said_of_its_usage_outlives_its_error() -> None:
    charge = Charge(CALL)
    charge.settle(Usage(tokens_in=3))
    charge.failed_with(RefusedError("no"))
    assert (charge.used, charge.is_void) == (Usage(tokens_in=3), False)
