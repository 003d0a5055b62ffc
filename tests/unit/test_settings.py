"""Settings: all faults in one report, near misses named, and no secret in any of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.machine import capacity_of, read_machine
from worker.settings import (
    EMBEDDED_DEFAULTS,
    VARIABLES,
    SettingFault,
    Settings,
    SettingsError,
    load_settings,
    settings_table,
)

ROOT = Path(__file__).parents[2]

CLOUD = {
    "DATABASE_URL": "postgresql://worker:pa55word@db.internal:5432/platform",
    "GCP_PROJECT_ID": "school",
    "ENVIRONMENT": "prod",
    "PUBSUB_SUBSCRIPTION": "requests-worker",
    "PUBSUB_TOPIC": "requests",
    "PUBSUB_DEAD_LETTER_TOPIC": "dead",
    "PUBSUB_EVENTS_TOPIC": "events",
    "GCS_GENERATED_CONTENT_BUCKET": "generated",
    "GCS_OER_CONTENT_BUCKET": "oer",
    "GCS_TEMP_FILES_BUCKET": "temp",
}


def load(**changes: str) -> Settings:
    return load_settings(CLOUD | changes)[0]


def faults(environ: dict[str, str]) -> dict[str, SettingFault]:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ)
    assert len({one.variable for one in caught.value.faults}) == len(caught.value.faults)
    return {one.variable: one for one in caught.value.faults}


def without(*variables: str, **more: str) -> dict[str, str]:
    return {name: value for name, value in CLOUD.items() if name not in variables} | more


def test_the_variables_of_a_cloud_deployment_are_enough() -> None:
    settings, warnings = load_settings(CLOUD)
    assert warnings == ()
    assert settings.database_url.get_secret_value() == CLOUD["DATABASE_URL"]
    assert (settings.environment, settings.subscription) == ("prod", "requests-worker")
    assert (settings.profile, settings.max_claims, settings.health_port) == ("cloud", 5, 8080)


def test_an_empty_environment_is_reported_in_full_at_once() -> None:
    found = faults({})
    assert set(found) == set(CLOUD)
    for variable, fault in found.items():
        assert fault.problem.startswith("not set (used for: "), variable
        assert VARIABLES[variable] in fault.problem
        assert fault.is_error


@pytest.mark.parametrize("variable", CLOUD)
@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
def test_an_empty_variable_counts_as_unset(variable: str, blank: str) -> None:
    assert list(faults(CLOUD | {variable: blank})) == [variable]


def test_an_empty_variable_gives_the_default() -> None:
    assert load(WORKER_SLOTS="", HEALTH_CHECK_PORT=" ").slots == 4


def test_space_around_a_value_does_not_count() -> None:
    # Secret stores keep the line break of the file that a secret was made from.
    settings = load(DATABASE_URL=CLOUD["DATABASE_URL"] + "\n", WORKER_PROFILE=" cloud ")
    assert settings.database_url.get_secret_value() == CLOUD["DATABASE_URL"]


@pytest.mark.parametrize(
    ("meant", "misspelt"),
    [
        ("DATABASE_URL", "DB_URL"),
        ("DATABASE_URL", "DATABASE_URI"),
        ("PUBSUB_SUBSCRIPTION", "PUBSUB_SUBSCRIPTION_ID"),
        ("PUBSUB_SUBSCRIPTION", "PUB_SUB_SUBSCRIPTION"),
        ("PUBSUB_DEAD_LETTER_TOPIC", "PUBSUB_DLQ_TOPIC"),
        ("GCP_PROJECT_ID", "GCP_PROJECT"),
        ("ENVIRONMENT", "ENV_ENVIRONMENT"),
        ("GCS_GENERATED_CONTENT_BUCKET", "GENERATED_CONTENT_BUCKET"),
    ],
)
def test_a_missing_variable_names_the_one_that_was_set_in_its_place(
    meant: str, misspelt: str
) -> None:
    (fault,) = faults(without(meant, **{misspelt: CLOUD[meant]})).values()
    assert fault.variable == meant
    assert fault.mend == f"{misspelt} is set: is {meant} meant?"


def test_a_variable_that_is_read_is_never_taken_for_a_misspelling() -> None:
    fault = faults(without("PUBSUB_TOPIC"))["PUBSUB_TOPIC"]
    assert "is set" not in fault.mend
    assert "README" in fault.mend


def test_one_misspelling_is_offered_for_the_variable_that_it_is_nearest_to() -> None:
    found = faults(
        without("PUBSUB_TOPIC", "PUBSUB_EVENTS_TOPIC", PUBSUB_EVENT_TOPIC="events", HOME="/root")
    )
    assert "PUBSUB_EVENT_TOPIC is set" in found["PUBSUB_EVENTS_TOPIC"].mend
    assert "is set" not in found["PUBSUB_TOPIC"].mend


def test_an_unknown_variable_of_ours_is_a_warning_with_the_name_that_was_meant() -> None:
    _, warnings = load_settings(CLOUD | {"WORKER_SLOT": "8", "WORKER_ZZZZZZ": "1", "HOME": "/"})
    assert [(one.variable, one.mend, one.is_error) for one in warnings] == [
        ("WORKER_SLOT", "is WORKER_SLOTS meant?", False),
        ("WORKER_ZZZZZZ", "remove it", False),
    ]


def test_warnings_come_with_the_errors() -> None:
    found = faults(without("PUBSUB_TOPIC", WORKER_SLOT="8"))
    assert {name: one.is_error for name, one in found.items()} == {
        "PUBSUB_TOPIC": True,
        "WORKER_SLOT": False,
    }


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ENVIRONMENT", "production"),
        ("HEALTH_CHECK_PORT", "65536"),
        ("HEALTH_CHECK_PORT", "http"),
        ("WORKER_SLOTS", "0"),
        ("WORKER_SLOTS", "2.5"),
        ("WORKER_MAX_RUNTIME", "-1"),
        ("WORKER_MAX_RUNTIME", "nan"),
        ("WORKER_LEASE_SECONDS", "601"),
        ("WORKER_PROFILE", "clown"),
        ("WORKER_VOICE", "whisper"),
        ("WORKER_LOG_LEVEL", "loud"),
        ("PUBSUB_TOPIC", "x" * 256),
    ],
)
def test_a_value_that_cannot_be_used_is_named_without_being_quoted(
    variable: str, value: str
) -> None:
    (fault,) = faults(CLOUD | {variable: value}).values()
    assert fault.variable == variable
    assert fault.is_error
    assert VARIABLES[variable] in fault.mend
    assert value not in (fault.problem + fault.mend).split()


@pytest.mark.parametrize(
    "variable",
    [
        "WORKER_DATABASE_TIMEOUT",
        "WORKER_STORAGE_TIMEOUT",
        "WORKER_VOICE_TIMEOUT",
        "WORKER_WRITER_TIMEOUT",
    ],
)
def test_a_call_that_may_take_as_long_as_its_stage_is_refused(variable: str) -> None:
    """The stage would end it first, and its breaker would never hear that nothing answers."""
    (fault,) = faults(CLOUD | {variable: "120"}).values()
    assert (fault.variable, fault.is_error) == (variable, True)
    assert "below 120" in fault.mend
    assert load(**{variable: "119"}).stage_seconds == 120


def test_a_request_gets_more_time_than_the_longest_render() -> None:
    (fault,) = faults(CLOUD | {"WORKER_REQUEST_TIMEOUT": "1845"}).values()
    assert (fault.variable, "above 1845" in fault.mend) == ("WORKER_REQUEST_TIMEOUT", True)
    (fault,) = faults(CLOUD | {"WORKER_STAGE_SECONDS": "1000"}).values()
    assert (fault.variable, "above 2725" in fault.mend) == ("WORKER_REQUEST_TIMEOUT", True)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://worker:pa55word@db/platform",
        "sqlite:///worker-pa55word.db",
        "pa55word",
        "pa55word://db",
        "postgresql//worker:pa55word@db/platform",
        "postgresql://worker:secret@pa55word:word@db:5432/platform",
        "postgresql://worker@db:pa55word/platform",
    ],
)
def test_what_is_no_postgresql_url_is_refused_without_being_quoted(url: str) -> None:
    (fault,) = faults(CLOUD | {"DATABASE_URL": url}).values()
    assert fault.variable == "DATABASE_URL"
    assert "postgresql://USER:PASSWORD@HOST:PORT/NAME" in fault.problem
    assert "pa55word" not in repr(fault)


@pytest.mark.parametrize(
    "url", ["postgres://db/x", "postgresql://db/x", "postgresql+asyncpg://u:p%40@[::1]:5/x?a=b"]
)
def test_any_postgresql_url_is_taken(url: str) -> None:
    assert load(DATABASE_URL=url).database_url.get_secret_value() == url


# Characters that no name, message or hint of the settings contains.
SECRETS = st.text("⚿✪✫0@:/?#%[] ", min_size=1, max_size=30).map(lambda text: f"⚿{text}⚿")
AROUND = st.sampled_from(
    ["postgresql://u:{}@db/x", "postgresql://{}", "mysql://u:{}@db/x", "{}", "{}://u@db/x"]
)


@given(SECRETS, AROUND, st.booleans())
def test_no_secret_is_shown_by_settings_or_faults(secret: str, around: str, broken: bool) -> None:  # noqa: FBT001  # drawn
    environ = CLOUD | {"DATABASE_URL": around.format(secret)}
    if broken:
        environ["WORKER_SLOTS"] = "none"
    shown: list[Any]
    try:
        settings, warnings = load_settings(environ)
        shown = [settings, warnings, settings.model_dump(), settings.model_dump_json()]
    except SettingsError as error:
        shown = [error, error.args, error.faults]
    for one in shown:
        assert "⚿" not in str(one)
        assert "⚿" not in repr(one)
        assert r"\u26bf" not in str(one)


def test_the_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().slots = 9  # type: ignore[misc]  # what mypy refuses must fail when it runs, too


def test_the_embedded_profile_needs_only_the_endpoints_of_its_servers() -> None:
    found = faults({"WORKER_PROFILE": "embedded"})
    assert list(found) == ["DATABASE_URL"]
    settings, _ = load_settings(
        {"WORKER_PROFILE": "embedded", "DATABASE_URL": "postgresql://127.0.0.1:5/worker"}
    )
    assert settings.project == EMBEDDED_DEFAULTS["GCP_PROJECT_ID"]
    assert (settings.environment, settings.health_port) == ("dev", 0)


def test_a_variable_that_is_set_outweighs_the_embedded_default() -> None:
    settings, _ = load_settings(CLOUD | {"WORKER_PROFILE": "embedded", "PUBSUB_TOPIC": ""})
    assert settings.project == "school"
    assert settings.topic == EMBEDDED_DEFAULTS["PUBSUB_TOPIC"]


def test_the_cloud_profile_takes_no_embedded_default() -> None:
    assert "GCP_PROJECT_ID" in faults(without("GCP_PROJECT_ID", WORKER_PROFILE="cloud"))


def test_the_embedded_defaults_are_variables_that_are_read() -> None:
    assert set(EMBEDDED_DEFAULTS) <= set(VARIABLES)


def test_the_process_s_own_environment_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKER_SLOTS", "9")
    monkeypatch.setenv("PUBSUB_TOPIC", "elsewhere")
    assert (load().slots, load().topic) == (4, "requests")


def test_every_variable_says_what_it_is_used_for() -> None:
    assert all(VARIABLES.values())
    assert len(set(VARIABLES)) == len(Settings.model_fields)


def test_the_table_has_a_row_for_every_variable_with_its_default() -> None:
    rows = settings_table().splitlines()
    assert rows[0] == "| variable | default | used for |"
    assert [row.split("`")[1] for row in rows[2:]] == list(VARIABLES)
    assert "| `PUBSUB_TOPIC` | required | demo and replay |" in rows
    assert "| `WORKER_SLOTS` | by the machine | messages in flight |" in rows
    assert any(row.startswith("| `WORKER_MAX_RUNTIME` | `3600` | ") for row in rows)
    assert any(row.startswith("| `WORKER_STATE_DIR` | none | ") for row in rows)
    assert any(row.startswith("| `WORKER_RENDERS` | by the machine | ") for row in rows)


def test_what_may_go_on_at_once_follows_the_machine_unless_it_is_set() -> None:
    capacity = capacity_of(read_machine())
    settings, _ = load_settings(CLOUD)
    assert (settings.slots, settings.renders) == (capacity.slots, capacity.renders)
    settings, _ = load_settings(CLOUD | {"WORKER_SLOTS": "7", "WORKER_RENDERS": "3"})
    assert (settings.slots, settings.renders) == (7, 3)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "cannot be read (No such file or directory)"),
        ("", "no JSON with a type"),
        ("[]", "no JSON with a type"),
        ("{}", "no JSON with a type"),
        ('{"type": 1}', "its type is no text"),
    ],
)
def test_credentials_that_google_s_clients_would_stumble_over_are_a_fault(
    tmp_path: Path, text: str | None, problem: str
) -> None:
    file = tmp_path / "key.json"
    if text is not None:
        file.write_text(text)
    given = CLOUD | {"GOOGLE_APPLICATION_CREDENTIALS": str(file)}
    with pytest.raises(SettingsError) as caught:
        load_settings(given)
    (fault,) = caught.value.faults
    assert fault.variable == "GOOGLE_APPLICATION_CREDENTIALS"
    assert problem in fault.problem
    emulators = {"PUBSUB_EMULATOR_HOST": "127.0.0.1:1", "STORAGE_EMULATOR_HOST": "http://127.0.0.1"}
    load_settings(given | emulators)  # nobody reads the file then


def test_credentials_that_can_be_read_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    file.write_text('{"type": "service_account"}')
    settings, _ = load_settings(CLOUD | {"GOOGLE_APPLICATION_CREDENTIALS": str(file)})
    assert settings.credentials == file


def test_the_table_is_printed_by_a_command() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "worker.settings"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout == settings_table()


def test_the_readme_lists_exactly_the_variables_that_are_read() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    _, begun, rest = readme.partition("<!-- settings -->")
    table, ended, _ = rest.partition("<!-- /settings -->")
    assert begun
    assert ended
    assert table.strip() == settings_table().strip(), "print it anew: python -m worker.settings"


def test_the_writer_gemini_needs_a_key_or_vertex() -> None:
    found = faults(CLOUD | {"WORKER_WRITER": "gemini"})
    assert list(found) == ["GEMINI_API_KEY"]
    assert "GOOGLE_GENAI_USE_VERTEXAI" in found["GEMINI_API_KEY"].mend
    assert load(WORKER_WRITER="gemini", GEMINI_API_KEY="k").writer == "gemini"
    assert load(WORKER_WRITER="gemini", GOOGLE_GENAI_USE_VERTEXAI="true").is_on_vertex


def test_a_key_stays_out_of_every_report() -> None:
    environ = CLOUD | {"GEMINI_API_KEY": "s3cret-key", "GOOGLE_GEMINI_BASE_URL": "s3cret-address"}
    found = faults(environ)
    assert list(found) == ["GOOGLE_GEMINI_BASE_URL"]
    assert "s3cret" not in repr(found)
    assert "s3cret" not in repr(load(GEMINI_API_KEY="s3cret-key"))


def test_voices_are_listed_with_commas_and_each_begins_with_its_language() -> None:
    settings = load(WORKER_VOICE="google", WORKER_VOICE_NAMES="en-US-Neural2-F, es-US-Neural2-A")
    assert settings.voice_names == ("en-US-Neural2-F", "es-US-Neural2-A")
    assert load().voice_alternatives == ()
    assert list(faults(CLOUD | {"WORKER_VOICE_NAMES": "Samantha"})) == ["WORKER_VOICE_NAMES"]
    assert list(faults(CLOUD | {"WORKER_VOICE_NAMES": ","})) == ["WORKER_VOICE_NAMES"]
