"""The catalogue in words: for `--list-rules`, `--explain` and `docs/schema_checks.md`."""

from __future__ import annotations

from collections.abc import Iterator

from schema_checks.rules import Rule, catalogue

CHAPTERS = {
    "SC1": "Modules, mappers and relationships",
    "SC2": "Foreign keys",
    "SC3": "Schemas, tables and columns",
    "SC4": "Keys, indexes and constraints",
    "SC5": "Types and enums",
    "SC6": "Migrations and privileges",
}


def list_rules() -> str:
    """Return one line a rule."""
    return "\n".join(
        f"{rule.code} {rule.level.value:<7} {rule.name}" for rule in catalogue().values()
    )


def explain(rule: Rule) -> str:
    """Return what a rule finds, what follows from it and how to mend it."""
    return f"{rule.code} {rule.name} ({rule.level.value})\n\n{rule.why}\n\nMend: {rule.mend}"


def markdown() -> str:
    """Return the chapters and tables of every rule, as the document holds them."""
    return "\n".join(_markdown()) + "\n"


def _markdown() -> Iterator[str]:
    for prefix, title in CHAPTERS.items():
        yield f"### {prefix}xx: {title}\n"
        yield "| code | rule | level | then | mend |"
        yield "|---|---|---|---|---|"
        for code, rule in catalogue().items():
            if code.startswith(prefix):
                cells = (code, rule.name, rule.level.value, rule.why, rule.mend)
                yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"
        yield ""
