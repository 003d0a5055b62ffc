"""Where the servers of a running stack are, for this process and for a second terminal."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from worker.embedded.errors import EmbeddedServerError
from worker.embedded.state_lock import is_locked

_FILE = "endpoints.json"


@dataclass(frozen=True, slots=True)
class EmbeddedEndpoints:
    """The addresses of a stack; None for a server that was not asked for.

    Attributes:
        database_url: `postgresql://ROLE:PASSWORD@127.0.0.1:PORT/DATABASE`; a secret.
        pubsub_host: `127.0.0.1:PORT`, as PUBSUB_EMULATOR_HOST wants it.
        storage_url: `http://127.0.0.1:PORT`, as STORAGE_EMULATOR_HOST wants it.
    """

    database_url: str | None = field(default=None, repr=False)
    pubsub_host: str | None = None
    storage_url: str | None = None


def write_endpoints(state_dir: Path, endpoints: EmbeddedEndpoints) -> None:
    """Write the endpoints file, readable by this user alone, whole or not at all."""
    draft = state_dir / f"{_FILE}.draft"
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(asdict(endpoints), indent=2), "utf-8")
    draft.replace(state_dir / _FILE)


def remove_endpoints(state_dir: Path) -> None:
    """Delete the endpoints file; one that does not exist is fine."""
    (state_dir / _FILE).unlink(missing_ok=True)


def read_endpoints(state_dir: Path) -> EmbeddedEndpoints:
    """Return the addresses of the stack that runs on `state_dir`.

    Raises:
        EmbeddedServerError: None runs there.
    """
    try:
        # A stack that was killed leaves its file behind: only the lock says that it lives.
        stored = (
            json.loads((state_dir / _FILE).read_text("utf-8")) if is_locked(state_dir) else None
        )
    except (OSError, ValueError) as error:
        raise _not_running(state_dir) from error
    if not isinstance(stored, dict):
        raise _not_running(state_dir)
    known = {entry.name for entry in fields(EmbeddedEndpoints)}
    texts = {key: value for key, value in stored.items() if isinstance(value, str)}
    return EmbeddedEndpoints(**{key: texts[key] for key in known & texts.keys()})


def _not_running(state_dir: Path) -> EmbeddedServerError:
    return EmbeddedServerError(
        "holds no running stack", str(state_dir), "start one, or name its state folder"
    )
