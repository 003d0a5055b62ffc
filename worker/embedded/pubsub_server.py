"""A Pub/Sub server of our own: `PubsubServer` in this process, or a process of its own.

``python -m worker.embedded.pubsub_server --port 0 --port-file FILE [--state-dir FOLDER]``
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from worker.embedded.errors import EmbeddedServerError
from worker.embedded.loopback import LOOPBACK
from worker.embedded.pubsub.broker import Broker
from worker.embedded.pubsub.calls import google_errors
from worker.embedded.pubsub.journal import Journal
from worker.embedded.pubsub.message_calls import MessageCalls
from worker.embedded.pubsub.model import Clock
from worker.embedded.pubsub.resource_calls import ResourceCalls

_SERVER = "Pub/Sub server"
# 10 MB of messages grow by a third in base64, and have attributes around them.
_REQUEST_BYTES = 20_000_000
# Well under the 30 s after which gcloud-aio-pubsub gives up a pull.
_LONG_POLL_SECONDS = 10.0
_SHUTDOWN_SECONDS = 1.0
_EXIT_FAULT = 1


def _system_clock() -> Clock:
    return Clock(wall=lambda: datetime.now(UTC), monotonic=time.monotonic)


class PubsubServer:
    """One Pub/Sub server in this process, speaking REST on loopback."""

    def __init__(
        self, *, long_poll_seconds: float = _LONG_POLL_SECONDS, clock: Clock | None = None
    ) -> None:
        """Prepare a server.

        Args:
            long_poll_seconds: How long a pull waits for a first message.
            clock: Where time comes from; the system's if None.
        """
        self._long_poll_seconds = long_poll_seconds
        self._clock = clock or _system_clock()
        self._closing = contextlib.AsyncExitStack()
        self._broker: Broker | None = None
        self._time_passing: asyncio.Task[None] | None = None
        self._host = ""

    @property
    def host(self) -> str:
        """`127.0.0.1:PORT`, what PUBSUB_EMULATOR_HOST wants."""
        return self._host

    @property
    def broker(self) -> Broker:
        """The state behind the calls; only while the server runs."""
        if self._broker is None:
            raise RuntimeError("the Pub/Sub server is not running")
        return self._broker

    @property
    def time_passing(self) -> asyncio.Task[None] | None:
        """The side task without which no lease ends; None when the server does not run."""
        return self._time_passing

    async def start(
        self, host: str = LOOPBACK, port: int = 0, *, state_file: Path | None = None
    ) -> str:
        """Start serving; return `HOST:PORT`.

        Args:
            host: The interface.
            port: The port; 0 takes a free one.
            state_file: Where topics, subscriptions and messages are kept; None keeps nothing.

        Raises:
            EmbeddedServerError: The port is taken, or the state cannot be used.
        """
        async with contextlib.AsyncExitStack() as starting:
            starting.callback(self._forget)
            journal = Journal(state_file)
            starting.callback(journal.close)
            self._broker = Broker(self._clock, journal)
            messages = MessageCalls(self._broker, self._clock, self._long_poll_seconds)
            self._time_passing = asyncio.create_task(
                messages.let_time_pass(), name="pubsub-time-passing"
            )
            starting.push_async_callback(_end, self._time_passing)
            runner = _make_runner([*ResourceCalls(self._broker).routes(), *messages.routes()])
            starting.push_async_callback(runner.cleanup)
            await runner.setup()
            self._host = await _listen(runner, host, port)
            starting.callback(messages.close)
            self._closing = starting.pop_all()
        return self._host

    async def stop(self) -> None:
        """Stop serving: waiting pulls are answered with nothing, then connections are closed."""
        await self._closing.aclose()

    def _forget(self) -> None:
        self._broker = None
        self._time_passing = None


def _make_runner(routes: Sequence[web.RouteDef]) -> web.AppRunner:
    app = web.Application(middlewares=[google_errors], client_max_size=_REQUEST_BYTES)
    app.add_routes(routes)
    return web.AppRunner(
        app,
        # A pull whose client hung up must end, and take no message.
        handler_cancellation=True,
        shutdown_timeout=_SHUTDOWN_SECONDS,
        access_log=None,
    )


async def _listen(runner: web.AppRunner, host: str, port: int) -> str:
    # Cancelled in the wrong turn of the loop, asyncio's create_server leaks its socket: it is
    # let finish, and the cancelled start closes it.
    listening = asyncio.create_task(web.TCPSite(runner, host, port).start())
    try:
        await asyncio.shield(listening)
    except asyncio.CancelledError:
        await asyncio.wait([listening])
        raise
    except OSError as error:
        raise EmbeddedServerError(
            f"cannot listen on {host}:{port}: {error}", _SERVER, "choose another port"
        ) from error
    bound_host, bound_port = runner.addresses[0][:2]
    return f"{bound_host}:{bound_port}"


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _serve(arguments: argparse.Namespace) -> None:
    server = PubsubServer()
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    state_file = None
    if arguments.state_dir is not None:
        arguments.state_dir.mkdir(parents=True, exist_ok=True)
        state_file = arguments.state_dir / "pubsub.sqlite3"
    host = await server.start(port=arguments.port, state_file=state_file)
    try:
        if arguments.port_file is not None:
            _write_port(arguments.port_file, host.rpartition(":")[2])
        await stopping.wait()
    finally:
        await server.stop()


def _write_port(file: Path, port: str) -> None:
    """Write the port under another name first: a reader sees all of it or no file."""
    draft = file.with_name(f"{file.name}.draft")
    draft.write_text(port, "ascii")
    draft.replace(file)


def main() -> int:
    """Serve until SIGINT or SIGTERM; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m worker.embedded.pubsub_server")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--port-file", type=Path, help="written when the server listens")
    parser.add_argument("--state-dir", type=Path, help="without it nothing outlives the process")
    try:
        asyncio.run(_serve(parser.parse_args()))
    except EmbeddedServerError as error:
        sys.stderr.write(f"{error}\n")
        return _EXIT_FAULT
    return 0


if __name__ == "__main__":
    sys.exit(main())
