"""What stands before every page: hosts, log-in, forms of our own, and what a browser may do."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from worker.lessons.errors import DependencyUnavailableError, RefusedError
from worker.telemetry.logs import where_raised
from worker.web.keys import SESSION_SECONDS, Keys, new_visitor
from worker.web.rate_limit import RateLimit
from worker.web.views import VISITOR_KEY, Views

SESSION, VISITOR = "lesson_session", "lesson_visitor"
FORM_TOKEN = "form_token"  # noqa: S105  # the field's name

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
OPEN_PATHS = ("/login", "/static/")

_KEPT_HEADERS = frozenset({"Retry-After", "WWW-Authenticate", "Allow"})
"""What an error says beside its page."""

POLICY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; media-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


@dataclass(frozen=True, slots=True)
class Guards:
    """Builds the middlewares, from the outermost to the innermost."""

    keys: Keys
    views: Views
    limit: RateLimit

    def middlewares(self) -> Sequence[Middleware]:
        """Return them in the order in which a request meets them."""
        return (self.answer_faults, self.refuse_strange_hosts, self.ask_for_token, self.check_form)

    @web.middleware
    async def answer_faults(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Turn every error into a page that says what to do; log its class and place only."""
        try:
            return await handler(request)
        except web.HTTPException as error:
            if error.status < 400 or error.content_type == "text/html":  # noqa: PLR2004
                raise
            answer = self.views.fault(request, error.status, error.text or error.reason)
            for name in _KEPT_HEADERS & set(error.headers):
                answer.headers[name] = error.headers[name]
            return answer
        except (DependencyUnavailableError, RefusedError) as error:
            self._log("page_unanswered", error)
            return self.views.fault(
                request, 503, "Something that this page needs does not answer. Try again soon."
            )
        except Exception as error:  # noqa: BLE001  # its text may quote what a student wrote
            self._log("page_fault", error)
            return self.views.fault(request, 500, "The page has a fault; its log says where.")

    @web.middleware
    async def refuse_strange_hosts(
        self, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        """Without a token, answer under this machine's own names only.

        Otherwise a site could let its name point here, and read what a browser is shown.
        """
        if self.keys.is_open and urlsplit(f"//{request.host}").hostname not in LOOPBACK:
            raise web.HTTPMisdirectedRequest(
                text="Without WORKER_WEB_TOKEN the page answers on 127.0.0.1 and localhost only."
            )
        return await handler(request)

    @web.middleware
    async def ask_for_token(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let in whoever shows the token, as a cookie of the log-in or as a bearer."""
        if self._is_let_in(request):
            return await handler(request)
        if request.method in {"GET", "HEAD"} and "text/html" in request.headers.get("Accept", ""):
            raise web.HTTPSeeOther(f"/login?next={quote(request.path_qs)}")
        raise web.HTTPUnauthorized(
            text="Send the token of WORKER_WEB_TOKEN as Authorization: Bearer, or log in.",
            headers={"WWW-Authenticate": "Bearer"},
        )

    @web.middleware
    async def check_form(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Accept orders from forms of our own pages only, and not too many from one address.

        A form brings a signature of the visitor's cookie, which no other site can read. Who
        sends the token itself with each call needs none: no browser does that by itself.
        """
        visitor = request.cookies.get(VISITOR, "")
        if request.method == "POST":
            await self._check_order(request, visitor)
        request[VISITOR_KEY] = visitor or new_visitor()
        answer = await handler(request)
        if not visitor and answer.content_type == "text/html":
            answer.set_cookie(
                VISITOR,
                request[VISITOR_KEY],
                httponly=True,
                samesite="Strict",
                secure=is_secure(request),
            )
        return answer

    async def _check_order(self, request: web.Request, visitor: str) -> None:
        wait = self.limit.wait_for(request.remote or "")
        if wait:
            raise web.HTTPTooManyRequests(
                text=f"That was often. Try again in {math.ceil(wait)} s.",
                headers={"Retry-After": str(math.ceil(wait))},
            )
        if self._brings_token(request):
            return
        offered = (await request.post()).get(FORM_TOKEN, "")
        if not (isinstance(offered, str) and self.keys.is_form_token(visitor, offered)):
            raise web.HTTPForbidden(
                text="The form is too old, or not of this page. Open the page again and repeat it."
            )

    def _is_let_in(self, request: web.Request) -> bool:
        if self.keys.is_open or request.path.startswith(OPEN_PATHS):
            return True
        cookie = request.cookies.get(SESSION, "")
        return self.keys.is_session(cookie, time.time()) or self._brings_token(request)

    def _brings_token(self, request: web.Request) -> bool:
        scheme, _, offered = request.headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and self.keys.accepts(offered.strip())

    def _log(self, event: str, error: Exception) -> None:
        structlog.get_logger().error(
            event, error_class=type(error).__name__, frames=where_raised(error)
        )


def is_secure(request: web.Request) -> bool:
    """Tell whether the browser came over TLS, ended here or by what stands before the page."""
    return request.secure or request.headers.get("X-Forwarded-Proto") == "https"


def keep_session(answer: web.StreamResponse, request: web.Request, keys: Keys) -> None:
    """Remember that someone has shown the token."""
    answer.set_cookie(
        SESSION,
        keys.session(time.time()),
        max_age=SESSION_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=is_secure(request),
    )


def prepare_answers(app: web.Application) -> None:
    """Have every answer carry the policy, also streams and files; pages are not kept by anyone.

    A file may bring a content policy of its own.
    """

    async def prepare(_: web.Request, answer: web.StreamResponse) -> None:
        for name, value in POLICY.items():
            answer.headers.setdefault(name, value)
        answer.headers.setdefault("Cache-Control", "no-store")

    app.on_response_prepare.append(prepare)
