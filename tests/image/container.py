"""Containers of one image, run as the cloud would: sealed, limited, as the image's own user."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.image.engine import Engine, ImageError, call, limits

MEMORY = "4g"
"""As deploy/cloud-run-job.yaml."""

NOWHERE = Path(__file__).parents[2] / "deploy" / "offline.env"


def nowhere() -> dict[str, str]:
    """Return complete settings that lead nowhere: an offline preflight must not ask."""
    lines = NOWHERE.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


@dataclass(frozen=True, slots=True)
class Containers:
    """Makes containers of one image."""

    engine: Engine
    image: str
    network: str

    def preflight_seconds(self) -> float:
        """Run the offline preflight, and return the seconds from the container's start to its end.

        Making the container is not counted: it copies the image on some engines.

        Raises:
            ImageError: The preflight found something.
        """
        with self._made(("preflight", "--offline"), nowhere()) as container:
            began = time.monotonic()
            self._started(container)
            return round(time.monotonic() - began, 2)

    def worker(self, arguments: Sequence[str], environ: Mapping[str, str]) -> str:
        """Run `python -m worker` with arguments in a container, and return what it printed.

        Raises:
            ImageError: It did not end with 0.
        """
        with self._made(arguments, environ) as container:
            return self._started(container)

    def python(self, program: str) -> str:
        """Run a Python program in a container, and return what it printed.

        Raises:
            ImageError: It did not end with 0.
        """
        with self._made(("-c", program), {}, "--entrypoint", "python") as container:
            return self._started(container)

    @contextmanager
    def _made(
        self, arguments: Sequence[str], environ: Mapping[str, str], *more: str
    ) -> Iterator[str]:
        variables = [part for name in environ for part in ("--env", f"{name}={environ[name]}")]
        sealed = ("--read-only", "--tmpfs", "/tmp:rw,size=1g,mode=1777", "--memory", MEMORY)  # noqa: S108  # the container's own
        options = ["--network", self.network, *sealed, *limits(), *variables, *more]
        command = [*self.engine.run, "create", *options, self.image, *arguments]
        container = call(command).strip()
        try:
            yield container
        finally:
            call([*self.engine.run, "rm", "--force", container], quiet=True)

    def _started(self, container: str) -> str:
        command = [*self.engine.run, "start", "--attach", container]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ImageError(f"ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout
