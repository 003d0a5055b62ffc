"""The page as one aiohttp application, and the server that it runs in."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from worker.web.guards import Guards, prepare_answers
from worker.web.keys import Keys
from worker.web.orders import Orders
from worker.web.page_font import PageFont
from worker.web.pages import Pages
from worker.web.ports import PagePorts
from worker.web.rate_limit import RateLimit
from worker.web.streams import Streams
from worker.web.views import Views

STATIC = Path(__file__).with_name("static")
LARGEST_FORM = 16 * 1024
"""Bytes: a question of 500 characters, each of four bytes and written as %XX, fits."""

ID = "{id:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}}"
STREAMS_END_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class PageRules:
    """Who may ask what how often.

    Attributes:
        token: What every page and call needs; None for a page on loopback.
        orders_per_minute: Of one address.
    """

    token: str | None
    orders_per_minute: int


def build_site(ports: PagePorts, rules: PageRules) -> web.Application:
    """Wire guards, pages, orders and streams to their addresses."""
    keys = Keys(rules.token)
    views = Views(keys)
    guards = Guards(keys, views, RateLimit(rules.orders_per_minute, time.monotonic))
    pages, streams, font = Pages(ports, views), Streams(ports), PageFont()
    orders = Orders(ports, views, pages, keys)
    app = web.Application(middlewares=guards.middlewares(), client_max_size=LARGEST_FORM)
    prepare_answers(app)
    app.add_routes(
        [
            web.get("/", pages.ask),
            web.get("/requests", pages.list),
            web.post("/requests", orders.submit),
            web.get(f"/requests/{ID}", pages.show),
            web.get(f"/requests/{ID}/quality", pages.quality),
            web.post(f"/requests/{ID}/choose", orders.choose),
            web.get(f"/requests/{ID}/progress", streams.progress, allow_head=False),
            web.get(f"/requests/{ID}/files/{{name:[a-z_.0-9-]+}}", streams.file),
            web.get("/dead-letters", pages.letters),
            web.post(f"/dead-letters/{ID}/replay", orders.replay),
            web.get("/login", orders.ask_who),
            web.post("/login", orders.log_in),
            web.post("/logout", orders.log_out),
            web.get("/static/inter.woff", font.serve),
            web.static("/static", STATIC),
        ]
    )

    async def end_streams(_: web.Application) -> None:
        streams.closing.set()

    app.on_shutdown.append(end_streams)
    app.on_cleanup.append(font.close)
    return app


class PageServer:
    """Serves the page on one port."""

    def __init__(self, app: web.Application, *, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=STREAMS_END_SECONDS, handle_signals=False
        )

    async def start(self) -> int:
        """Listen, and return the port (a free one where 0 was asked for).

        Raises:
            OSError: The port is taken, or the host is not this machine's.
        """
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Stop listening; streams end."""
        await self._runner.cleanup()
