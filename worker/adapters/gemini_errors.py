"""How Gemini's errors read in the domain's words, translated once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import aiohttp
from google.auth.exceptions import (
    DefaultCredentialsError,
    GoogleAuthError,
    RefreshError,
    TransportError,
)
from google.genai.errors import APIError, UnknownApiResponseError
from pydantic import ValidationError

from worker.adapters.call_retries import NotNowError
from worker.adapters.google_http import AccessError

NOT_NOW = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses that the same call may not meet again."""

RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"

_DURATION = re.compile(r"(\d+(?:\.\d+)?)s")
_SECONDS = re.compile(r"\d+(?:\.\d+)?")


@contextmanager
def translated_gemini_errors(what: str) -> Iterator[None]:
    """Translate the errors of one call.

    Nothing of an answer's body enters their text: it may quote what a student wrote.

    Args:
        what: The operation, for the error's text: "write a storyboard".

    Raises:
        NotNowError: No answer, half of one, or one that says "not now".
        AccessError: An answer that says no.
    """
    try:
        yield
    except APIError as error:
        raise _of_status(what, error) from error
    except (RefreshError, DefaultCredentialsError) as error:
        raise _of_credentials(what, error) from error
    except (UnknownApiResponseError, json.JSONDecodeError, ValidationError) as error:
        raise NotNowError(f"could not {what}: what Gemini answered is no answer of its API") from (
            error
        )
    except (aiohttp.ClientError, GoogleAuthError, TimeoutError, OSError) as error:
        raise NotNowError(
            f"could not {what}: no answer from Gemini ({type(error).__name__})"
        ) from error


def _of_credentials(what: str, error: GoogleAuthError) -> NotNowError | AccessError:
    """Tell a token server that is away from one that refuses: google-auth has one class for both.

    Its cause says so where the metadata server did not answer, and `retryable` elsewhere.
    """
    if error.retryable or isinstance(error.__cause__, TransportError):
        return NotNowError(f"could not {what}: no access token for Gemini could be fetched")
    return AccessError(
        f"could not {what}: the credentials for Gemini are missing or were refused",
        "see that they are valid, and that the service account may use Vertex AI",
        401,
    )


def _of_status(what: str, error: APIError) -> NotNowError | AccessError:
    said = f"could not {what}: Gemini answered {error.code}"
    if error.code in NOT_NOW:
        return NotNowError(said, wait_seconds=asked_wait(error), was_refused=True)
    hint = "see that the model's id is right and that the API key or service account may use it"
    return AccessError(said, hint, error.code)


def asked_wait(error: APIError) -> float | None:
    """Return the longest wait that an error asks for, in seconds; None where it asks for none.

    It may say so in a `RetryInfo` among its details, and in the header `Retry-After`; a date in
    the header is not read, since our clock may be wrong.
    """
    headers = getattr(error.response, "headers", None) or {}
    header = _SECONDS.fullmatch(headers.get("Retry-After", ""))
    waits = [float(header[0])] if header else []
    for detail in _details(error.details):
        delay = _DURATION.fullmatch(str(detail.get("retryDelay", "")))
        if detail.get("@type") == RETRY_INFO and delay:
            waits.append(float(delay[1]))
    return max(waits, default=None)


def _details(body: Any) -> Iterator[Mapping[str, Any]]:
    error = body.get("error", body) if isinstance(body, Mapping) else {}
    details = error.get("details", []) if isinstance(error, Mapping) else []
    if isinstance(details, list):
        yield from (one for one in details if isinstance(one, Mapping))
