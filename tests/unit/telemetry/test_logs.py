"""Logs: one JSON object a line for Cloud Logging, colours for a person, no texts of exceptions."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog

from worker.telemetry.logs import configure_logging, where_raised


class Terminal(io.StringIO):
    """A stream that a person looks at."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.fixture(autouse=True)
def logging_is_put_back() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, config = list(root.handlers), root.level, structlog.get_config()
    # basicConfig(force=True) closes the handlers that it finds: those of pytest must live on.
    root.handlers = []
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.configure(**config)
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def stream() -> io.StringIO:
    stream = io.StringIO()
    configure_logging("info", "json", stream)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def fail_with(text: str) -> BaseException:
    with pytest.raises(ValueError, match=text) as caught:
        raise ValueError(text)
    return caught.value


def test_a_line_is_json_as_cloud_logging_reads_it(stream: io.StringIO) -> None:
    structlog.get_logger().warning("pull_failed", failures=3, pause_seconds=0.5)
    (line,) = lines(stream)
    assert datetime.now(UTC) - datetime.fromisoformat(line.pop("time")) < timedelta(minutes=1)
    assert line == {
        "severity": "WARNING",
        "message": "pull_failed",
        "failures": 3,
        "pause_seconds": 0.5,
    }


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error", "critical"])
def test_every_level_is_a_severity(level: str) -> None:
    stream = io.StringIO()
    configure_logging("debug", "json", stream)
    getattr(structlog.get_logger(), level)("event")
    assert lines(stream)[0]["severity"] == level.upper()


def test_what_is_below_the_level_is_not_shown() -> None:
    stream = io.StringIO()
    configure_logging("warning", "json", stream)
    structlog.get_logger().info("quiet")
    structlog.get_logger().error("loud")
    assert [line["message"] for line in lines(stream)] == ["loud"]


def test_what_is_bound_to_the_context_is_on_every_line(stream: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(request_id="r-1")
    structlog.get_logger().info("one")
    assert lines(stream)[0]["request_id"] == "r-1"


def test_a_line_break_in_a_value_stays_within_its_line(stream: io.StringIO) -> None:
    structlog.get_logger().info("event", reason='two\nlines {"severity": "ERROR"}')
    assert lines(stream)[0]["reason"] == 'two\nlines {"severity": "ERROR"}'


def test_a_value_that_json_has_no_word_for_does_not_lose_the_line(stream: io.StringIO) -> None:
    structlog.get_logger().info("event", value={1, 2}, when=datetime(2026, 1, 1, tzinfo=UTC))
    assert lines(stream)[0]["message"] == "event"


def test_a_library_s_warning_is_a_line_like_any_other(stream: io.StringIO) -> None:
    logging.getLogger("aiohttp.client").warning("unclosed %s", "connection")
    logging.getLogger("aiohttp.client").info("not of interest")
    (line,) = lines(stream)
    assert (line["severity"], line["message"]) == ("WARNING", "unclosed connection")
    assert line["logger"] == "aiohttp.client"
    assert "time" in line


def test_a_library_s_own_level_is_no_fault(stream: io.StringIO) -> None:
    logging.getLogger("odd").log(35, "between warning and error")
    assert lines(stream)[0]["severity"] == "DEFAULT"


def test_a_logged_exception_is_its_class_and_its_place_and_never_its_text(
    stream: io.StringIO,
) -> None:
    error = fail_with("what a student wrote")
    structlog.get_logger().error("ours", exc_info=error)
    logging.getLogger("theirs").error("failed", exc_info=error)
    assert "student" not in stream.getvalue()
    for line in lines(stream):
        assert line["error_class"] == "ValueError"
        assert line["frames"][-1].endswith(" fail_with")


def test_the_exception_that_is_being_handled_is_logged_the_same_way(stream: io.StringIO) -> None:
    try:
        json.loads("what a student wrote")
    except json.JSONDecodeError:
        structlog.get_logger().exception("ours")
    (line,) = lines(stream)
    assert (line["severity"], line["error_class"]) == ("ERROR", "JSONDecodeError")
    assert "student" not in stream.getvalue()


def test_a_person_at_a_terminal_gets_colours() -> None:
    terminal = Terminal()
    configure_logging("info", "auto", terminal)
    structlog.get_logger().info("ready", slots=4)
    assert "ready" in terminal.getvalue()
    assert "\x1b[" in terminal.getvalue()
    with pytest.raises(json.JSONDecodeError):
        lines(terminal)


def test_a_pipe_gets_json_unless_the_console_style_is_asked_for() -> None:
    pipe = io.StringIO()
    configure_logging("info", "auto", pipe)
    structlog.get_logger().info("ready")
    assert lines(pipe)[0]["message"] == "ready"
    plain = io.StringIO()
    configure_logging("info", "console", plain)
    structlog.get_logger().info("ready")
    assert "ready" in plain.getvalue()
    assert "\x1b[" not in plain.getvalue()


def test_a_person_sees_what_a_person_can_use() -> None:
    """Nothing that is empty, no ids that only machines look for, the worker's name once."""
    plain = io.StringIO()
    configure_logging("info", "console", plain)
    structlog.contextvars.bind_contextvars(worker_id="worker-1")
    structlog.get_logger().info("starting")
    structlog.get_logger().info(
        "delivery_settled",
        settlement="ack",
        status="completed",
        why="completed",
        error_class=None,
        stage_seconds={"narrate": 3.1, "render": 17.2},
        reused={"stages": [], "segments": {"reused": 2, "made": 0}},
        failed_rows=[],
        request_id="r-1",
        message_id="1795476480088083",
    )
    first, settled = plain.getvalue().splitlines()
    assert first.endswith("worker_id=worker-1")
    assert settled.split("delivery_settled   ")[1] == (
        "settlement=ack status=completed stage_seconds='narrate 3.1, render 17.2' "
        "reused='segments (reused 2)' request_id=r-1"
    )


def test_json_can_be_asked_for_at_a_terminal() -> None:
    terminal = Terminal()
    configure_logging("info", "json", terminal)
    structlog.get_logger().info("ready")
    assert lines(terminal)[0]["message"] == "ready"


def test_configuring_again_moves_the_lines_and_does_not_double_them(stream: io.StringIO) -> None:
    second = io.StringIO()
    configure_logging("info", "json", second)
    structlog.get_logger().info("ours")
    logging.getLogger("theirs").warning("theirs")
    assert stream.getvalue() == ""
    assert [line["message"] for line in lines(second)] == ["ours", "theirs"]


def test_where_an_error_was_raised_names_files_lines_and_functions_only() -> None:
    frames = where_raised(fail_with("what a student wrote"))
    assert len(frames) == 1
    place, _, function = frames[0].rpartition(" ")
    assert function == "fail_with"
    file, _, line = place.rpartition(":")
    assert file == __file__
    assert line.isdigit()
    assert "student" not in "".join(frames)


def test_an_error_that_was_never_raised_has_no_place() -> None:
    assert where_raised(ValueError("x")) == []
