"""What of a server's answer reaches an error's text."""

from __future__ import annotations

import aiohttp
import pytest
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from worker.adapters.google_http import LONGEST_REASON, AccessError, translated_http_errors

ASKED = aiohttp.RequestInfo(
    URL("http://host/"), "POST", CIMultiDictProxy(CIMultiDict()), URL("http://host/")
)


def text_of(message: str) -> str:
    """Return the text of the error that a refusal becomes."""
    with pytest.raises(AccessError) as caught, translated_http_errors("publish", "host"):
        raise aiohttp.ClientResponseError(ASKED, (), status=400, message=message)
    return str(caught.value)


def test_the_reason_phrase_is_kept_and_the_body_is_not() -> None:
    said = text_of('Bad Request: {"error": {"message": "what a student wrote"}}')
    assert said == "could not publish: host answered 400 (Bad Request)"


@pytest.mark.parametrize("message", ["", ": a body", "\x1b[2J: a body", "two\nlines"])
def test_a_phrase_that_is_none_or_could_steer_a_terminal_is_left_out(message: str) -> None:
    assert text_of(message) == "could not publish: host answered 400"


def test_a_long_phrase_is_cut() -> None:
    assert text_of("x" * 5000).endswith(f"({'x' * LONGEST_REASON})")
