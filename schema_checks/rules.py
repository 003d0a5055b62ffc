"""The catalogue of rules, read from `rules.toml`: codes, levels, why, and how to mend."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from schema_checks.errors import RuleUnknownError
from schema_checks.findings import Finding, Level, Location


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that a check can find.

    Attributes:
        code: Stable for ever; a code is never used again for something else.
        name: The rule in a few words, joined by hyphens.
        level: The level its findings have unless the check knows better.
        why: One sentence: what the running program meets.
        mend: One sentence: how to mend it.
    """

    code: str
    name: str
    level: Level
    why: str
    mend: str


@cache
def catalogue() -> Mapping[str, Rule]:
    """Return every rule by its code, in order of the codes."""
    entries = tomllib.loads(Path(__file__).with_name("rules.toml").read_text(encoding="utf-8"))
    rules = {
        code: Rule(code, entry["name"], Level(entry["level"]), entry["why"], entry["mend"])
        for code, entry in sorted(entries.items())
    }
    return MappingProxyType(rules)


def rule(code: str) -> Rule:
    """Return one rule.

    Raises:
        RuleUnknownError: The catalogue has no such code.
    """
    try:
        return catalogue()[code.upper()]
    except KeyError as error:
        raise RuleUnknownError(f"there is no rule {code}; --list-rules shows them all") from error


@dataclass(frozen=True, slots=True)
class Detail:
    """What a check knows better than the rule: any field left empty is taken from the rule."""

    consequence: str = ""
    hint: str = ""
    level: Level | None = None


AS_THE_RULE_SAYS = Detail()
# Finds a location, which may mean reading a file: only what is found is looked up.
Place = Callable[[], Location | None]


def found(
    code: str,
    subject: str,
    message: str,
    at: Location | Place | None = None,
    detail: Detail = AS_THE_RULE_SAYS,
) -> Finding:
    """Make a finding of a rule.

    Raises:
        RuleUnknownError: The catalogue has no such code.
    """
    source = rule(code)
    return Finding(
        code=source.code,
        level=detail.level or source.level,
        subject=subject,
        message=message,
        consequence=detail.consequence or source.why,
        hint=detail.hint or source.mend,
        location=at() if callable(at) else at,
    )
