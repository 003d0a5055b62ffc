"""Parses an environment into settings; every fault in one report.

Nothing here reads `os.environ`: the caller passes the mapping in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from pydantic import ValidationError

from worker.lessons.request import MAX_DURATION_SECONDS
from worker.lessons.stage import Stage
from worker.pipeline.stage_limits import StageLimits
from worker.settings.declaration import EMBEDDED_DEFAULTS, VARIABLES, Settings
from worker.settings.faults import SettingFault, SettingsError

CLOSE = 0.66
"""Likeness (difflib's ratio) from which a name is taken for a misspelling: DB_URL is."""


def load_settings(environ: Mapping[str, str]) -> tuple[Settings, tuple[SettingFault, ...]]:
    """Parse an environment; an empty variable counts as unset, space around a value as nothing.

    In the embedded profile the caller first adds the endpoints of the servers that it started.

    Returns:
        The settings, and warnings.

    Raises:
        SettingsError: With every fault at once.
    """
    given = {name: value.strip() for name, value in environ.items() if value.strip()}
    if given.get("WORKER_PROFILE") == "embedded":
        given = EMBEDDED_DEFAULTS | given
    warnings = tuple(_unknown_variables(given))
    try:
        settings = Settings.model_validate(
            {name: given[name] for name in VARIABLES if name in given}
        )
    except ValidationError as error:
        faults = [
            _fault(str(one["loc"][0]), one["type"], one["msg"], given)
            for one in error.errors(include_input=False, include_context=False, include_url=False)
        ]
        raise SettingsError((*faults, *warnings)) from None
    if contradictions := tuple(_contradictions(settings)):
        raise SettingsError((*contradictions, *warnings))
    return settings, warnings


def _fault(variable: str, kind: str, message: str, given: Mapping[str, str]) -> SettingFault:
    purpose = VARIABLES[variable]
    if kind != "missing":
        reason = message.removeprefix("Value error, ")
        return SettingFault(variable, reason, f"correct it (used for: {purpose})")
    near = _near_miss(variable, given)
    mend = f"{near} is set: is {variable} meant?" if near else "set it; README, Settings, lists all"
    return SettingFault(variable, f"not set (used for: {purpose})", mend)


CALLS_OF_STAGES = (
    "database_call_seconds",
    "storage_call_seconds",
    "voice_call_seconds",
    "writer_call_seconds",
)
"""Limits on calls that stages make."""


def _contradictions(settings: Settings) -> Iterator[SettingFault]:
    """Find limits that never act, and a writer that nothing lets in."""
    for field in CALLS_OF_STAGES:
        if getattr(settings, field) >= settings.stage_seconds:
            yield SettingFault(
                str(Settings.model_fields[field].validation_alias),
                "not below WORKER_STAGE_SECONDS: a call that hangs would never open its breaker",
                f"set it below {settings.stage_seconds:g}, or raise WORKER_STAGE_SECONDS",
            )
    if settings.writer == "gemini" and not settings.is_on_vertex and settings.gemini_key is None:
        yield SettingFault(
            "GEMINI_API_KEY",
            "not set, and WORKER_WRITER is gemini",
            "set it, or GOOGLE_GENAI_USE_VERTEXAI=true for Vertex AI",
        )
    longest = StageLimits(settings.stage_seconds).seconds_for(Stage.RENDER, MAX_DURATION_SECONDS)
    if settings.request_seconds <= longest:
        yield SettingFault(
            "WORKER_REQUEST_TIMEOUT",
            "not above what rendering the longest lesson may take",
            f"set it above {longest:g}, or lower WORKER_STAGE_SECONDS",
        )


def _near_miss(variable: str, given: Mapping[str, str]) -> str | None:
    """Find a variable that is set, that nothing reads, and that is most like this unset one."""
    unread = sorted(given.keys() - VARIABLES.keys())
    unset = [name for name in VARIABLES if name not in given]
    for near in get_close_matches(variable, unread, n=3, cutoff=CLOSE):
        if get_close_matches(near, unset, n=1, cutoff=CLOSE) == [variable]:
            return near
    return None


def _unknown_variables(given: Mapping[str, str]) -> list[SettingFault]:
    """Find variables of ours that nothing reads, most likely misspelt."""
    faults = []
    for name in sorted(given.keys() - VARIABLES.keys()):
        if name.startswith("WORKER_"):
            near = get_close_matches(name, VARIABLES, n=1, cutoff=CLOSE)
            mend = f"is {near[0]} meant?" if near else "remove it"
            faults.append(SettingFault(name, "set, but nothing reads it", mend, is_error=False))
    return faults
