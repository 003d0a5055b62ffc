"""How Text-to-Speech's errors read in the domain's words, translated once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from google.api_core.exceptions import (
    GoogleAPICallError,
    RetryError,
)
from google.auth.exceptions import GoogleAuthError
from google.rpc.error_details_pb2 import RetryInfo
from grpc import StatusCode
from grpc.aio import AioRpcError

from worker.adapters.call_retries import NotNowError
from worker.adapters.google_http import AccessError

NOT_NOW = frozenset(
    {
        StatusCode.ABORTED,
        StatusCode.CANCELLED,
        StatusCode.DEADLINE_EXCEEDED,
        StatusCode.INTERNAL,
        StatusCode.RESOURCE_EXHAUSTED,
        StatusCode.UNAVAILABLE,
        StatusCode.UNKNOWN,
    }
)
"""Codes that the same call may not meet again."""

TURNED_AWAY = frozenset({StatusCode.RESOURCE_EXHAUSTED})
"""Codes by which the service itself says that it did nothing; others may come from the way."""


@contextmanager
def translated_speech_errors(what: str) -> Iterator[None]:
    """Translate the errors of one call.

    What the service writes into its message stays out of their text: it may quote the sentence.

    Args:
        what: The operation, for the error's text: "speak a sentence".

    Raises:
        NotNowError: No answer, or one that says "not now".
        AccessError: An answer that says no.
    """
    try:
        yield
    except GoogleAPICallError as error:
        raise _of_code(what, error) from error
    except (GoogleAuthError, RetryError, AioRpcError, OSError) as error:
        raise NotNowError(
            f"could not {what}: no answer from Text-to-Speech ({type(error).__name__})"
        ) from error


def _of_code(what: str, error: GoogleAPICallError) -> NotNowError | AccessError:
    code = error.grpc_status_code
    name = code.name if isinstance(code, StatusCode) else type(error).__name__
    said = f"could not {what}: Text-to-Speech answered {name}"
    if code is None or code in NOT_NOW:
        return NotNowError(said, wait_seconds=asked_wait(error), was_refused=code in TURNED_AWAY)
    hint = (
        "see that the API is enabled, that the voice exists and takes a speaking rate, and that "
        "the service account may use it"
    )
    return AccessError(said, hint, int(error.code or 0))


def asked_wait(error: GoogleAPICallError) -> float | None:
    """Return the wait that an error's `RetryInfo` asks for, in seconds; None where it has none."""
    waits = [
        detail.retry_delay.seconds + detail.retry_delay.nanos / 1e9
        for detail in error.details
        if isinstance(detail, RetryInfo)
    ]
    return max(waits, default=None)
