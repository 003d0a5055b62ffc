"""`submit`, `watch`, `requests`, `show`, `smoke` and `db`, on real rows and real messages."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise
from uuid import UUID, uuid4

import pytest

from tests.fakes.pipeline import raising
from tests.integration.commands.conftest import Terminal, add_letter
from tests.integration.delivery.conftest import Rig, make_rig
from tests.platform import Platform
from worker.cli import parse
from worker.commands.exit_codes import ExitCode
from worker.lessons.errors import LessonInvalidError

QUESTION = "Why does my bat hurt when I hit the ball"


@pytest.fixture
def rig(platform: Platform) -> Rig:
    """A consumer whose pipeline completes what it gets."""
    return make_rig(platform, "worker-a")


async def test_submit_writes_a_row_and_a_message_that_a_worker_completes(
    terminal: Terminal, platform: Platform, rig: Rig
) -> None:
    said = await terminal.run("submit", QUESTION, "--grade", 5, "--modality", "text")
    request_id = UUID(said.out.strip())
    row = await platform.row(request_id)
    assert (row.query, row.grade_level, row.status) == (QUESTION, 5, "pending")
    assert row.last_published_at is not None
    async with rig.running():
        watched = await terminal.run("watch", request_id)
    assert (watched.code, QUESTION in watched.err) == (0, False)
    assert (await platform.row(request_id)).status == "completed"


async def test_watch_prints_every_change_as_json(
    terminal: Terminal, platform: Platform, rig: Rig
) -> None:
    request_id = await platform.add_request()
    await platform.publish(platform.message(request_id))
    watching = asyncio.create_task(terminal.run("watch", request_id, "--json"))
    async with rig.running():
        said = await watching
    states = [json.loads(line) for line in said.out.splitlines()]
    assert states[-1]["status"] == "completed"
    assert all(before != after for before, after in pairwise(states))


async def test_watch_ends_with_one_where_the_request_failed(
    terminal: Terminal, platform: Platform, rig: Rig
) -> None:
    rig.pipeline.step = raising(LessonInvalidError("no scene is left", "ask for more seconds"))
    request_id = await platform.add_request()
    await platform.publish(platform.message(request_id))
    async with rig.running():
        said = await terminal.run("watch", request_id)
    assert said.code == ExitCode.OWN_FAULT
    assert "no scene is left" in said.err
    assert "ask for more seconds" in said.err


@pytest.mark.parametrize("command", ["watch", "show"])
async def test_a_request_that_does_not_exist_is_a_wrong_use(
    terminal: Terminal, command: str
) -> None:
    said = await terminal.run(command, uuid4())
    assert said.code == ExitCode.USAGE
    assert "no request" in said.err


async def test_requests_are_listed_newest_first_and_counted_by_status(
    terminal: Terminal, platform: Platform
) -> None:
    older = await platform.add_request(status="failed", error_class="RenderCrashedError")
    newer = await platform.add_request(query=QUESTION)
    said = await terminal.run("requests")
    assert said.out.index(str(newer)) < said.out.index(str(older))
    assert "failed: RenderCrashedError" in said.out
    assert "2 of 2 shown" in said.out
    assert QUESTION not in said.out
    only = (await terminal.run("requests", "--status", "failed", "--json")).body
    assert [one["request_id"] for one in only["requests"]] == [str(older)]
    assert only["counts"] == {"failed": 1}


async def test_requests_can_be_narrowed_to_an_age_and_an_organisation(
    terminal: Terminal, platform: Platform
) -> None:
    old, new = await platform.add_request(), await platform.add_request()
    await platform.rows(
        "UPDATE content_requests SET created_at = now() - interval '2 days' WHERE id = :id", id=old
    )
    said = await terminal.run("requests", "--since", "1d", "--json")
    assert [one["request_id"] for one in said.body["requests"]] == [str(new)]
    assert (await terminal.run("requests", "--organization", "other", "--json")).body["total"] == 0


@pytest.mark.parametrize("command", ["watch", "show"])
async def test_the_text_that_helps_is_printed(
    terminal: Terminal, platform: Platform, command: str
) -> None:
    said = "Talk to an adult you trust."
    request_id = await platform.add_request(status="unsafe", help_text=said)
    shown = await terminal.run(command, request_id)
    assert said in " ".join((shown.out + shown.err).split())
    assert said in (await terminal.run(command, request_id, "--json")).out


async def test_show_tells_stages_events_tries_and_waiting_letters(
    terminal: Terminal, platform: Platform, rig: Rig
) -> None:
    rig.pipeline.step = raising(LessonInvalidError("no scene is left", "ask for more seconds"))
    request_id = await platform.add_request(query=QUESTION)
    await platform.publish(platform.message(request_id))
    async with rig.running():
        await terminal.run("watch", request_id)
    letter = await add_letter(platform, request_id)
    said = await terminal.run("show", request_id)
    assert said.code == 0
    for expected in ("LessonInvalidError in render", "render", "claimed", "ask for more seconds"):
        assert expected in said.out
    assert f"dead-letters replay {letter}" in said.out
    assert QUESTION not in said.out
    body = (await terminal.run("show", request_id, "--json")).body
    assert [event["kind"] for event in body["events"]][:2] == ["claimed", "stage_began"]
    assert str(letter) in body["waiting_letters"]


async def test_smoke_fails_a_request_that_ends_without_its_files(
    terminal: Terminal, platform: Platform, rig: Rig
) -> None:
    async with rig.running():
        said = await terminal.run("smoke", "--modality", "text", "--json")
    assert said.code == ExitCode.OWN_FAULT
    assert (said.body["passed"], said.body["status"]) == (False, "completed")
    assert (await platform.row(UUID(said.body["request_id"]))).student_id == "smoke-test"


async def test_smoke_wants_job_and_region_together(
    platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        await parse(["smoke", "--job", "worker"], platform.environ)
    assert ended.value.code == ExitCode.USAGE
    assert "--job and --region go together" in capsys.readouterr().err


async def test_db_inspect_names_columns_keys_and_sizes(terminal: Terminal) -> None:
    said = await terminal.run("db", "inspect", "request_stages")
    assert said.code == 0
    assert "primary key: request_id, stage" in said.out
    assert "foreign key: request_id -> content_requests (id)" in said.out
    tables = (await terminal.run("db", "inspect", "--json")).body["tables"]
    assert {"content_requests", "outbox", "dead_letters"} <= {table["name"] for table in tables}
    assert all(table["bytes_on_disk"] > 0 for table in tables if table["name"] == "outbox")


async def test_db_inspect_names_the_tables_there_are_when_one_is_not(terminal: Terminal) -> None:
    said = await terminal.run("db", "inspect", "content_request")
    assert said.code == ExitCode.USAGE
    assert "content_requests" in said.err
