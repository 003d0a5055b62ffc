"""A command in a second terminal finds the embedded servers of the first."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.integration.commands.conftest import Terminal
from worker.bootstrap import embedded_servers


@pytest.mark.parametrize("command", [["dead-letters", "list"], ["sweep"]])
async def test_a_command_finds_the_servers_through_the_state_folder(
    terminal: Terminal, command: list[str]
) -> None:
    own = {
        name: value
        for name, value in terminal.platform.environ.items()
        if not name.startswith(("GCS_", "PUBSUB_", "STORAGE_", "DATABASE_", "GCP_"))
    }
    # Not pytest's own folder: the account that PostgreSQL runs under may not enter that.
    with tempfile.TemporaryDirectory() as folder:
        embedded = own | {"WORKER_PROFILE": "embedded", "WORKER_STATE_DIR": folder}
        async with embedded_servers(embedded, Path(folder)):
            said = await terminal.run(*command, environ=embedded)
    assert (said.code, said.err) == (0, "")
    assert ("No dead letters." if command[0] == "dead-letters" else "broker's dead") in said.out
