"""What stops a worker before its first pull, and what it says then."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from tests.acceptance.conftest import run_worker
from tests.platform import Platform

pytestmark = pytest.mark.acceptance


async def test_a_sound_platform_passes(platform: Platform) -> None:
    for arguments in (["preflight"], ["--preflight-only"]):
        finished = await run_worker(*arguments, environ=platform.environ)
        assert finished.exit_code == 0, finished.out + finished.err


async def test_a_missing_table_ends_with_3_and_leaves_the_backlog_alone(
    platform: Platform,
) -> None:
    await platform.publish(platform.message(await platform.add_request()))
    await platform.rows("ALTER TABLE request_costs RENAME TO request_prices")
    try:
        finished = await run_worker(environ=platform.environ)
    finally:
        await platform.rows("ALTER TABLE request_prices RENAME TO request_costs")
    assert finished.exit_code == 3, finished.err
    assert "request_costs" in finished.err
    assert "models.py:" in finished.err, "it says where"
    assert await platform.backlog() == 1


async def test_every_missing_setting_is_named_at_once_with_its_near_miss(
    platform: Platform,
) -> None:
    environ = platform.environ
    environ["PUBSUB_SUBSCRIPTON"] = environ.pop("PUBSUB_SUBSCRIPTION")
    del environ["GCS_TEMP_FILES_BUCKET"]
    finished = await run_worker("preflight", environ=environ)
    assert finished.exit_code == 3
    assert "PUBSUB_SUBSCRIPTON is set: is PUBSUB_SUBSCRIPTION meant?" in finished.out
    assert "GCS_TEMP_FILES_BUCKET" in finished.out


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("DATABASE_URL", "postgresql://worker:secret@127.0.0.1:1/none", ["127.0.0.1:1/none"]),
        ("PUBSUB_EMULATOR_HOST", "127.0.0.1:1", ["subscription", "127.0.0.1:1"]),
        ("STORAGE_EMULATOR_HOST", "http://127.0.0.1:1", ["bucket", "127.0.0.1:1"]),
    ],
)
async def test_something_that_is_down_ends_with_4_and_one_line(
    platform: Platform, variable: str, value: str, words: list[str]
) -> None:
    finished = await run_worker(environ=platform.environ | {variable: value})
    assert finished.exit_code == 4, finished.err
    (line,) = [line for line in finished.err.splitlines() if "NOT CHECKED" in line]
    assert all(word in line for word in words)
    assert "secret" not in finished.err


@pytest.mark.parametrize(
    ("variable", "change", "word"),
    [
        ("DATABASE_URL", ("worker:", "worker:not"), "password"),
        ("PUBSUB_EVENTS_TOPIC", ("events", "evnets"), "has no topic"),
    ],
)
async def test_a_wrong_name_or_password_ends_with_3_and_says_which(
    platform: Platform, variable: str, change: tuple[str, str], word: str
) -> None:
    wrong = platform.environ[variable].replace(*change)
    finished = await run_worker("preflight", environ=platform.environ | {variable: wrong})
    assert finished.exit_code == 3, finished.out + finished.err
    assert word in finished.out
    assert variable in finished.out


async def test_a_subscription_that_does_not_exist_ends_with_3(platform: Platform) -> None:
    finished = await run_worker(environ=platform.environ | {"PUBSUB_SUBSCRIPTION": "nothing"})
    assert finished.exit_code == 3
    assert "nothing" in finished.err


async def test_the_offline_preflight_needs_no_server(platform: Platform) -> None:
    away = {
        "DATABASE_URL": "postgresql://worker@127.0.0.1:1/none",
        "PUBSUB_EMULATOR_HOST": "127.0.0.1:1",
        "STORAGE_EMULATOR_HOST": "http://127.0.0.1:1",
    }
    finished = await run_worker("preflight", "--offline", "--json", environ=platform.environ | away)
    assert finished.exit_code == 0, finished.out + finished.err
    report = json.loads(finished.out)
    assert (report["ok"], report["findings"]) == (True, [])
    assert "database" in {one["check"] for one in report["skipped"]}


async def test_migrate_without_a_database_says_so(platform: Platform) -> None:
    environ = platform.environ
    del environ["DATABASE_URL"]
    finished = await run_worker("migrate", environ=environ)
    assert finished.exit_code == 2
    assert "DATABASE_URL" in finished.err


async def test_a_database_behind_the_code_ends_with_3_and_names_the_revision(
    platform: Platform,
) -> None:
    newest = (await platform.rows("SELECT version_num FROM worker_alembic_version"))[0].version_num
    await platform.rows("UPDATE worker_alembic_version SET version_num = '0004'")
    try:
        finished = await run_worker("preflight", environ=platform.environ)
    finally:
        await platform.rows("UPDATE worker_alembic_version SET version_num = :new", new=newest)
    assert finished.exit_code == 3, finished.out + finished.err
    assert newest in finished.out
    assert "migrat" in finished.out


async def test_a_health_port_that_is_taken_is_a_finding(platform: Platform) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        finished = await run_worker(environ=platform.environ | {"HEALTH_CHECK_PORT": port})
    assert finished.exit_code == 3, finished.err
    assert f"HEALTH_CHECK_PORT: nothing can listen on 127.0.0.1:{port}" in finished.err
    assert "0 takes a free one" in finished.err


async def test_credentials_that_cannot_be_read_are_a_finding(
    platform: Platform, tmp_path: Path
) -> None:
    environ = platform.environ | {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "none.json")}
    del environ["PUBSUB_EMULATOR_HOST"]
    finished = await run_worker("preflight", environ=environ)
    assert finished.exit_code == 3, finished.err
    assert "GOOGLE_APPLICATION_CREDENTIALS: the file cannot be read" in finished.out
    assert "Traceback" not in finished.err
