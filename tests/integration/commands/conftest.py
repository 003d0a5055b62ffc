"""Commands run in this process on the test's platform, and what they print."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
import structlog

from tests.platform import STUDENT, Platform
from worker.cli import parse
from worker.commands.exit_codes import ExitCode


@dataclass(frozen=True, slots=True)
class Said:
    """What a command answered."""

    code: ExitCode
    out: str
    err: str

    @property
    def body(self) -> Any:
        """The JSON that it printed."""
        return json.loads(self.out)


@dataclass(slots=True)
class Terminal:
    """Runs commands as `python -m worker` does, on the test's own loop."""

    platform: Platform
    read: Callable[[], Any]
    environ: dict[str, str] = field(default_factory=dict)

    async def run(self, *arguments: object, environ: Mapping[str, str] | None = None) -> Said:
        """Run one command, in the platform's environment or in another."""
        ours = self.platform.environ if environ is None else environ
        all_of_it = {**ours, "WORKER_LOG_LEVEL": "error", **self.environ}
        code = await parse([str(one) for one in arguments], all_of_it)
        said = self.read()
        return Said(code, said.out, said.err)


@pytest.fixture
def terminal(platform: Platform, capsys: pytest.CaptureFixture[str]) -> Iterator[Terminal]:
    """A terminal whose commands log nothing but errors."""
    yield Terminal(platform, capsys.readouterr)
    structlog.reset_defaults()


async def add_letter(platform: Platform, request_id: UUID | None = None, **columns: Any) -> UUID:
    """Keep a dead letter of a request, or of none."""
    letter_id = uuid4()
    body = platform.message(request_id or uuid4())
    values = {
        "id": letter_id,
        "message_id": f"message-{letter_id.hex[:8]}",
        "request_id": request_id,
        "correlation_id": f"correlation-{request_id.hex[:8]}" if request_id else None,
        "student_id": STUDENT,
        "stage": "render",
        "error_class": "RenderCrashedError",
        "reason": "a child died",
        "payload": json.dumps(body).encode(),
        "attributes": json.dumps({"environment": "dev", "googclient_x": "1"}),
    } | columns
    names, slots = ", ".join(values), ", ".join(f":{name}" for name in values)
    await platform.rows(
        f"INSERT INTO dead_letters ({names}) VALUES ({slots})",  # noqa: S608  # our own names
        **values,
    )
    return letter_id


async def add_failed(platform: Platform, **columns: Any) -> UUID:
    """Insert a request that ended as failed."""
    ended: dict[str, Any] = {
        "status": "failed",
        "error_class": "RenderCrashedError",
        "error_message": "a child died",
        "error_stage": "render",
        "failed_attempts": 5,
        "claims_without_progress": 2,
        "claim_fence": 7,
        "progress_percentage": 40,
    }
    return await platform.add_request(**ended | columns)


async def age_request(platform: Platform, request_id: UUID, **columns: str) -> None:
    """Move times of a request into the past: `created_at="2 hours"`."""
    sets = ", ".join(f"{name} = now() - interval '{age}'" for name, age in columns.items())
    await platform.rows(f"UPDATE content_requests SET {sets} WHERE id = :id", id=request_id)  # noqa: S608  # our own text


def counts_of(said: Said) -> dict[str, dict[str, int]]:
    """Return what each step of a sweep counted."""
    return {step["step"]: step["counts"] for step in said.body["steps"]}
