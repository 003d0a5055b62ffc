"""Errors: each one pickles, and its class says retry or reject."""

from __future__ import annotations

import importlib
import pickle
import pkgutil
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

import worker
from worker.adapters.google_http import AccessError
from worker.lessons.errors import (
    CircuitOpenError,
    ClaimLostError,
    DayBudgetError,
    LessonWithheldError,
    MalformedMessageError,
    PermanentError,
    RefusedError,
    RequestBudgetError,
    RequestOptionsError,
    RetryableError,
    UnpricedCallError,
    WorkerError,
)
from worker.settings import SettingFault, SettingsError

NOT_MODULES = {
    "worker.__main__": "importing it is harmless, but it is the program",
    "worker.migrations.env": "Alembic runs it by path",
}


def all_error_classes() -> list[type[WorkerError]]:
    """Import the whole worker, then walk down from the root of its errors."""
    for module in pkgutil.walk_packages(worker.__path__, "worker."):
        if module.name not in NOT_MODULES:
            importlib.import_module(module.name)
    return sorted(walk(WorkerError), key=lambda one: one.__name__)


def walk(root: type[WorkerError]) -> Iterator[type[WorkerError]]:
    yield root
    for child in root.__subclasses__():
        yield from walk(child)


KINDS = all_error_classes()


FACTS: dict[type[WorkerError], tuple[object, ...]] = {
    MalformedMessageError: (("grade_level: missing", "data: odd"), UUID(int=1), "correlation"),
    CircuitOpenError: ("database", 3.0),
    AccessError: ("the answer is no", "ask for access", 403),
    DayBudgetError: ("day", 5_000_000, 60.0),
    RequestBudgetError: ("request", 500_000, 20_000),
    UnpricedCallError: ("gemini", "a-model", "tokens_in"),
    LessonWithheldError: (("loudness", "overlap"),),
    RequestOptionsError: (("shape: must be 16:9 or 9:16",),),
}
"""What those are made of that are made of more than a message and a hint."""


def make(error: type[WorkerError]) -> WorkerError:
    own = next((FACTS[one] for one in error.__mro__ if one in FACTS), None)
    made: Callable[..., WorkerError] = error
    return made(*(own or ("what happened", "what to do")))


def facts(error: BaseException) -> dict[str, object]:
    return {"text": str(error), "args": error.args} | vars(error)


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_crosses_a_process_border_with_its_facts(kind: type[WorkerError]) -> None:
    error = make(kind)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        copy = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301  # our own bytes
        assert type(copy) is kind
        assert facts(copy) == facts(error)


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_says_what_happened_and_keeps_the_hint_apart(kind: type[WorkerError]) -> None:
    error = make(kind)
    assert str(error) == error.message
    assert error.message
    assert error.hint
    assert error.hint not in str(error)


@pytest.mark.parametrize("kind", KINDS)
def test_the_class_of_an_error_says_retry_or_reject_and_never_both(
    kind: type[WorkerError],
) -> None:
    answers = [
        answer
        for answer in (RetryableError, PermanentError, ClaimLostError, RefusedError)
        if issubclass(kind, answer)
    ]
    assert len(answers) == (0 if kind is WorkerError else 1)


def test_no_error_of_a_request_is_left_out_of_the_tree_that_its_module_draws() -> None:
    tree = importlib.import_module("worker.lessons.errors").__doc__ or ""
    for kind in KINDS:
        if kind.__module__ == "worker.lessons.errors":
            assert f" {kind.__name__}" in tree, kind


def test_a_malformed_message_joins_its_reasons() -> None:
    error = MalformedMessageError(("one", "two"))
    assert str(error) == "one; two"
    assert (error.request_id, error.correlation_id) == (None, None)


def test_the_settings_error_pickles_with_its_faults() -> None:
    error = SettingsError((SettingFault("PUBSUB_TOPIC", "not set", "set it"),))
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes
    assert copy.faults == error.faults
