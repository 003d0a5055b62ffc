"""What all REST calls share: names out of paths, JSON bodies, answers and Google's error shape."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus

from aiohttp import web

from worker.embedded.pubsub.errors import InvalidArgumentError, PubsubError

_LOG = logging.getLogger(__name__)

# What a list answers at once when the client names no page size.
_PAGE_SIZE = 1_000

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def resource_name(request: web.Request, kind: str) -> str:
    """Return the full name of the resource that the path names."""
    return f"{project_name(request)}/{kind}/{request.match_info['id']}"


def project_name(request: web.Request) -> str:
    """Return the full name of the path's project."""
    return f"projects/{request.match_info['project']}"


async def read_json(request: web.Request) -> object:
    """Read the body; none at all counts as an empty object.

    Raises:
        InvalidArgumentError: It is not JSON.
    """
    body = await request.read()
    if not body:
        return {}
    try:
        parsed: object = json.loads(body)
    except ValueError as error:
        raise InvalidArgumentError("Invalid JSON payload received.") from error
    return parsed


def answer(body: Mapping[str, object]) -> web.Response:
    """Answer with JSON."""
    return web.json_response(body)


def answer_page(
    request: web.Request, key: str, items: Sequence[Mapping[str, object]]
) -> web.Response:
    """Answer with one page of a list.

    The key is there also when the list is empty: gcloud-aio-pubsub reads it unasked.
    """
    size = _query_number(request, "pageSize") or _PAGE_SIZE
    start = _query_number(request, "pageToken")
    page: dict[str, object] = {key: items[start : start + size]}
    if start + size < len(items):
        page["nextPageToken"] = str(start + size)
    return answer(page)


def _query_number(request: web.Request, name: str) -> int:
    text = request.query.get(name, "0")
    if not text.isdecimal():
        raise InvalidArgumentError(f"Not a {name}: {text[:40]!r}.")
    return int(text)


@web.middleware
async def google_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every failure in Google's JSON shape."""
    try:
        return await handler(request)
    except PubsubError as error:
        return _failure(error.http_status, error.status, error.message)
    except web.HTTPRequestEntityTooLarge:
        return _failure(
            HTTPStatus.BAD_REQUEST, "INVALID_ARGUMENT", "Request payload size exceeds the limit."
        )
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
        return _failure(HTTPStatus.NOT_FOUND, "NOT_FOUND", "Method not found.")
    except ConnectionError:
        # The client went away; there is nobody to answer.
        raise
    except Exception:  # noqa: BLE001  # the border: a client gets an answer whatever happened
        _LOG.exception("pubsub_call_failed")
        return _failure(HTTPStatus.INTERNAL_SERVER_ERROR, "INTERNAL", "Internal error encountered.")


def _failure(code: HTTPStatus, status: str, message: str) -> web.Response:
    body = {"error": {"code": int(code), "message": message, "status": status}}
    return web.json_response(body, status=code)
