"""How Google's HTTP errors read in the domain's words, for every client on gcloud-aio."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp

from worker.lessons.errors import DependencyUnavailableError, RefusedError

_RETRYABLE = frozenset({401, 408, 429, 500, 502, 503, 504})
"""401 too: a token that expired on the way is refreshed by the next call."""

LONGEST_REASON = 60

_OUT_OF_SHAPE = (aiohttp.ContentTypeError, AttributeError, LookupError, TypeError, ValueError)
"""What gcloud-aio raises over an answer that is no JSON (a proxy's page, say), or lacks what the
API always answers: it reads answers without looking at them."""


class AccessError(RefusedError):
    """The service answered, and its answer is no: a fault of the deployment, not of a request.

    Attributes:
        status: The HTTP status, for example 403 or 404.
    """

    def __init__(self, message: str, hint: str = "", status: int = 0) -> None:
        super().__init__(message, hint)
        self.args = (message, hint, status)
        self.status = status


@contextmanager
def translated_http_errors(what: str, where: str) -> Iterator[None]:
    """Translate the errors of one call.

    What a server writes into the body of its answer stays out of their text, which reaches logs,
    rows and events: it may quote what was sent.

    Args:
        what: The operation, for the error's text: "pull from subscription x".
        where: The host that is spoken to.

    Raises:
        DependencyUnavailableError: No answer, one that says "not now", or one of something else
            than the service.
        AccessError: An answer that says no.
    """
    try:
        yield
    except _OUT_OF_SHAPE as error:
        raise DependencyUnavailableError(
            f"could not {what}: what {where} answered is no answer of its API"
        ) from error
    except aiohttp.ClientResponseError as error:
        if error.status in _RETRYABLE:
            raise DependencyUnavailableError(
                f"could not {what}: {where} answered {error.status}"
            ) from error
        raise AccessError(
            f"could not {what}: {where} answered {error.status}{_reason(error.message)}",
            "see that it exists and that the worker's service account may use it",
            error.status,
        ) from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise DependencyUnavailableError(
            f"could not {what}: no answer from {where} ({type(error).__name__})"
        ) from error


def _reason(message: str) -> str:
    """Return the reason phrase; gcloud-aio puts the body behind it: "Forbidden: {…}"."""
    phrase = message.partition(":")[0].strip()[:LONGEST_REASON]
    return f" ({phrase})" if phrase and phrase.isprintable() else ""
