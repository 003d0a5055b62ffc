"""`dead-letters` as an operator uses it."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from tests.integration.commands.conftest import Terminal, add_failed, add_letter
from tests.platform import Platform
from worker.lessons.request import parse_message

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
QUESTION = "Explain Newton's third law"


async def _states(platform: Platform) -> dict[UUID, str]:
    rows = await platform.rows("SELECT id, replayed_at, discarded_at FROM dead_letters")
    return {
        row.id: "replayed" if row.replayed_at else "discarded" if row.discarded_at else "waiting"
        for row in rows
    }


async def test_a_list_shows_what_waits_and_counts_by_reason(
    terminal: Terminal, platform: Platform
) -> None:
    for _ in range(3):
        await add_letter(platform)
    await add_letter(platform, error_class="PoisonRequestError", stage=None)
    await add_letter(platform, error_class="PoisonRequestError", discarded_at=LONG_AGO)
    said = await terminal.run("dead-letters", "list", "--limit", 2)
    assert "2 of 4 shown" in said.out
    assert "a child died" in said.out
    counted = [line.split()[:3] for line in said.out.splitlines() if line.endswith("waiting ")]
    assert ["3", "RenderCrashedError", "render"] in counted
    assert ["1", "PoisonRequestError", "-"] in counted


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ([], 2),
        (["--error-class", "PoisonRequestError"], 1),
        (["--stage", "render"], 1),
        (["--since", "7d"], 1),
        (["--state", "replayed"], 1),
        (["--state", "all"], 3),
        (["--request", str(UUID(int=7))], 1),
    ],
)
async def test_a_list_can_be_narrowed(
    terminal: Terminal, platform: Platform, arguments: list[str], found: int
) -> None:
    await add_letter(platform, request_id=UUID(int=7))
    await add_letter(
        platform, error_class="PoisonRequestError", stage="narrate", created_at=LONG_AGO
    )
    await add_letter(platform, stage="publish", replayed_at=LONG_AGO, created_at=LONG_AGO)
    body = (await terminal.run("dead-letters", "list", "--json", *arguments)).body
    assert (len(body["letters"]), body["total"]) == (found, found)


async def test_what_the_student_wrote_is_shown_only_when_asked_for(
    terminal: Terminal, platform: Platform
) -> None:
    letter_id = await add_letter(platform)
    listed = await terminal.run("dead-letters", "list", "--json")
    shown = await terminal.run("dead-letters", "show", letter_id)
    assert QUESTION not in listed.out + shown.out
    assert "--payload shows it" in shown.out
    said = await terminal.run("dead-letters", "show", letter_id, "--payload", "--json")
    assert json.loads(said.body["payload"])["student_query"] == QUESTION


async def test_a_payload_cannot_steer_the_terminal(terminal: Terminal, platform: Platform) -> None:
    letter_id = await add_letter(platform, payload=b"\xff\x1b[2Jhello\n")
    said = await terminal.run("dead-letters", "show", letter_id, "--payload")
    assert "\x1b" not in said.out
    assert r"\xff\x1b[2Jhello" in said.out


async def test_a_replayed_request_is_pending_again_and_its_message_is_in_the_outbox(
    terminal: Terminal, platform: Platform
) -> None:
    request_id = await add_failed(platform)
    letter_id = await add_letter(platform, request_id)
    said = await terminal.run("dead-letters", "replay", letter_id)
    assert (said.code, "1 done, 0 not" in said.out) == (0, True)
    row = await platform.row(request_id)
    assert (row.status, row.claim_fence, row.progress_percentage) == ("pending", 8, 0)
    assert (row.failed_attempts, row.claims_without_progress) == (0, 0)
    assert (row.error_class, row.error_message, row.error_stage) == (None, None, None)
    assert row.last_published_at is not None
    (event,) = await platform.rows("SELECT kind, fence, details FROM request_events")
    assert event == ("replayed", 8, {"dead_letter_id": str(letter_id)})
    (message,) = await platform.rows("SELECT * FROM outbox")
    assert (message.topic, message.request_id) == (platform.topic, request_id)
    parsed = parse_message(message.payload, message.attributes, "dev")
    assert (parsed.request_id, parsed.student_query) == (request_id, QUESTION)
    assert await _states(platform) == {letter_id: "replayed"}


async def test_a_letter_without_a_request_is_published_again_as_it_came(
    terminal: Terminal, platform: Platform
) -> None:
    letter_id = await add_letter(
        platform,
        payload=b"not JSON",
        attributes=json.dumps(
            {"k": "v", "googclient_t": "1", "CloudPubSubDeadLetterSourceDeliveryCount": "20"}
        ),
    )
    assert (await terminal.run("dead-letters", "replay", letter_id)).code == 0
    (message,) = await platform.rows("SELECT * FROM outbox")
    assert (message.topic, message.payload) == (platform.topic, b"not JSON")
    assert (message.attributes, message.request_id) == ({"k": "v"}, None)


async def test_a_letter_whose_row_bears_another_correlation_id_does_not_touch_the_row(
    terminal: Terminal, platform: Platform
) -> None:
    request_id = await add_failed(platform)
    letter_id = await add_letter(platform, request_id, correlation_id="somebody-else")
    await terminal.run("dead-letters", "replay", letter_id)
    assert (await platform.row(request_id)).status == "failed"
    (message,) = await platform.rows("SELECT request_id FROM outbox")
    assert message.request_id is None


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("completed", "ended as completed"),
        ("cancelled", "ended as cancelled"),
        ("pending", "live (pending)"),
        ("narrating", "live (narrating)"),
    ],
)
async def test_a_request_that_did_not_fail_is_refused_with_a_clear_word(
    terminal: Terminal, platform: Platform, status: str, word: str
) -> None:
    request_id = await platform.add_request(status=status)
    before = await platform.row(request_id)
    letter_id = await add_letter(platform, request_id)
    said = await terminal.run("dead-letters", "replay", letter_id)
    assert (said.code, word in said.err) == (2, True)
    assert await platform.row(request_id) == before
    assert await platform.rows("SELECT 1 FROM outbox") == []
    assert await _states(platform) == {letter_id: "waiting"}


@pytest.mark.parametrize("order", ["show", "replay", "discard"])
async def test_an_unknown_id_exits_2_and_says_what_to_do(terminal: Terminal, order: str) -> None:
    said = await terminal.run("dead-letters", order, uuid4())
    assert (said.code, "dead-letters list" in said.err) == (2, True)


async def test_a_letter_is_replayed_once(terminal: Terminal, platform: Platform) -> None:
    letter_id = await add_letter(platform)
    await terminal.run("dead-letters", "replay", letter_id)
    said = await terminal.run("dead-letters", "replay", letter_id)
    assert (said.code, "it was replayed on" in said.err) == (2, True)
    assert len(await platform.rows("SELECT 1 FROM outbox")) == 1


async def test_two_replays_of_one_request_at_once_enqueue_it_once(
    terminal: Terminal, platform: Platform
) -> None:
    request_id = await add_failed(platform)
    letters = [await add_letter(platform, request_id) for _ in range(4)]
    await asyncio.gather(*(terminal.run("dead-letters", "replay", one) for one in letters))
    assert len(await platform.rows("SELECT 1 FROM outbox")) == 1
    assert (await platform.row(request_id)).claim_fence == 8
    assert set((await _states(platform)).values()) == {"replayed"}


async def test_a_filter_and_all_replay_only_what_waits(
    terminal: Terminal, platform: Platform
) -> None:
    poison = await add_letter(platform, error_class="PoisonRequestError")
    other = await add_letter(platform)
    gone = await add_letter(platform, discarded_at=LONG_AGO)
    await terminal.run("dead-letters", "replay", "--error-class", "PoisonRequestError")
    assert await _states(platform) == {poison: "replayed", other: "waiting", gone: "discarded"}
    said = await terminal.run("dead-letters", "replay", "--all", "--json")
    assert said.body["done"] == 1
    assert await _states(platform) == {poison: "replayed", other: "replayed", gone: "discarded"}


async def test_a_discarded_letter_can_still_be_replayed_by_its_id(
    terminal: Terminal, platform: Platform
) -> None:
    letter_id = await add_letter(platform)
    await terminal.run("dead-letters", "discard", letter_id)
    assert await _states(platform) == {letter_id: "discarded"}
    assert (await terminal.run("dead-letters", "replay", letter_id)).code == 0
    assert await _states(platform) == {letter_id: "replayed"}


async def test_more_than_one_is_discarded_only_with_yes(
    terminal: Terminal, platform: Platform
) -> None:
    for _ in range(2):
        await add_letter(platform)
    said = await terminal.run("dead-letters", "discard", "--all")
    assert (said.code, "discard 2 dead letters; add --yes" in said.err) == (2, True)
    assert set((await _states(platform)).values()) == {"waiting"}
    assert (await terminal.run("dead-letters", "discard", "--all", "--yes")).code == 0
    assert set((await _states(platform)).values()) == {"discarded"}


async def test_a_database_out_of_reach_exits_4_and_says_what_to_do(terminal: Terminal) -> None:
    terminal.environ["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/none"
    said = await terminal.run("dead-letters", "list")
    assert (said.code, "DATABASE_URL" in said.err) == (4, True)


async def test_a_database_of_an_older_version_is_told_from_one_out_of_reach(
    terminal: Terminal, empty_database: str
) -> None:
    terminal.environ["DATABASE_URL"] = empty_database
    said = await terminal.run("dead-letters", "list")
    assert (said.code, "worker migrate" in said.err) == (3, True)


async def test_an_embedded_command_without_a_state_folder_says_which_variable_to_set(
    terminal: Terminal,
) -> None:
    terminal.environ |= {"WORKER_PROFILE": "embedded", "DATABASE_URL": ""}
    said = await terminal.run("dead-letters", "list")
    assert (said.code, "WORKER_STATE_DIR" in said.err) == (2, True)
