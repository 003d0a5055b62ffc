"""Reads PostgreSQL type names, in the models' spelling and in `format_type`'s, into one form.

`VARCHAR(100)` and `character varying(100)` are the same; so are `FLOAT(53)` and
`double precision`, `TEXT` and `VARCHAR` without a length, `NUMERIC(10)` and `numeric(10,0)`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

SPELLED = re.compile(
    r"""^(?P<head>(?:"(?:[^"]|"")*"|[^("\[])+?)\s*
        (?:\((?P<arguments>[^)]*)\)(?P<tail>[a-z ]*?))?
        (?P<array>(?:\s*\[\d*\])*)$""",
    re.VERBOSE,
)
COLLATE = re.compile(r"""\s+collate\s+(?:"[^"]*"|\S)+""", re.IGNORECASE)
ALIASES = {
    "character varying": "varchar",
    "character": "char",
    "nchar": "char",
    "nvarchar": "varchar",
    "int": "integer",
    "int4": "integer",
    "int8": "bigint",
    "int2": "smallint",
    "serial": "integer",
    "bigserial": "bigint",
    "smallserial": "smallint",
    "decimal": "numeric",
    "float8": "double precision",
    "double": "double precision",
    "float4": "real",
    "bool": "boolean",
    "bit varying": "varbit",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "time without time zone": "time",
    "time with time zone": "timetz",
}
# The arguments that a type has when none are given (PostgreSQL's documentation, chapter 8).
IMPLIED_ARGUMENTS = {
    "char": ("1",),
    "bit": ("1",),
    "timestamp": ("6",),
    "timestamptz": ("6",),
    "time": ("6",),
    "timetz": ("6",),
}
MOST_DIGITS_OF_REAL = 24  # FLOAT(1) to FLOAT(24) are real, FLOAT(25) to FLOAT(53) double precision

TEXTS = frozenset({"varchar", "text", "char", "bpchar"})
INTEGERS = ("smallint", "integer", "bigint")
FLOATS = ("real", "double precision")
TIMES = frozenset({"timestamp", "timestamptz", "time", "timetz"})


class Spelled(NamedTuple):
    """A type's name in PostgreSQL's short form, its arguments, and whether it is an array."""

    name: str
    arguments: tuple[str, ...] = ()
    is_array: bool = False

    def __str__(self) -> str:
        arguments = f"({', '.join(self.arguments)})" if self.arguments else ""
        return f"{self.name}{arguments}{'[]' if self.is_array else ''}"


@lru_cache(maxsize=4096)
def read_type(text: str) -> Spelled:
    """Read a type's text; a name that PostgreSQL does not have by itself is kept as it is."""
    bare = _lowered(COLLATE.sub("", text.strip()))
    match = SPELLED.match(bare)
    if match is None:
        return Spelled(bare)
    name = " ".join(f"{match['head']} {match['tail'] or ''}".split())
    given = match["arguments"] or ""
    arguments = tuple("".join(part.split()) for part in given.split(",")) if given else ()
    return _settled(ALIASES.get(name, name), arguments, is_array=bool(match["array"]))


def _lowered(text: str) -> str:
    parts = re.split(r'("(?:[^"]|"")*")', text)
    return "".join(part if part.startswith('"') else part.lower() for part in parts)


def _settled(name: str, arguments: tuple[str, ...], *, is_array: bool) -> Spelled:
    if name == "float":
        small = bool(arguments) and int(arguments[0]) <= MOST_DIGITS_OF_REAL
        return Spelled("real" if small else "double precision", (), is_array)
    if name == "numeric" and len(arguments) == 1:
        arguments = (*arguments, "0")
    arguments = arguments or IMPLIED_ARGUMENTS.get(name, ())
    if name in TIMES and arguments == ("6",):
        arguments = ()
    if name in {"text", "bpchar"} or (name == "varchar" and not arguments):
        return Spelled("text", (), is_array)
    return Spelled(_unquoted(name), arguments, is_array)


def _unquoted(name: str) -> str:
    """Return the last part of a dotted name, without quotes: schemas are compared apart."""
    parts = re.findall(r'"(?:[^"]|"")*"|[^."]+', name)
    last = parts[-1] if parts else name
    return last[1:-1].replace('""', '"') if last.startswith('"') else last


ARRAY_AS_TEXT = (
    "INSERT passes and stores the array's text, SELECT gives back its letters one by one, and "
    "WHERE raises UndefinedFunctionError (asyncpg and psycopg)."
)


@dataclass(frozen=True, slots=True)
class TypeDifference:
    """A difference that changes behaviour: the rule's code, and what this pair leads to."""

    code: str
    consequence: str = ""
    harmless: bool = False


@lru_cache(maxsize=4096)
def differ(model: Spelled, actual: Spelled) -> TypeDifference | None:
    """Compare two types; None where the program cannot tell them apart."""
    if model == actual:
        return None
    if model.is_array != actual.is_array:
        stores_text = model.is_array and actual.name in TEXTS
        return TypeDifference("SC506", ARRAY_AS_TEXT if stores_text else "")
    return _within_family(model, actual) or TypeDifference("SC501", _incompatible(model, actual))


def _within_family(model: Spelled, actual: Spelled) -> TypeDifference | None:
    names = {model.name, actual.name}
    if names <= TEXTS:
        return _texts(model, actual)
    if names <= TIMES:
        return _times(model, actual)
    if names == {"numeric"}:
        return TypeDifference("SC503", harmless=not actual.arguments)
    if names == {"json", "jsonb"}:
        return TypeDifference("SC505")
    for widths in (INTEGERS, FLOATS):
        if names <= set(widths):
            narrower = widths.index(actual.name) < widths.index(model.name)
            return TypeDifference("SC507", harmless=not narrower)
    return None


def _texts(model: Spelled, actual: Spelled) -> TypeDifference:
    if "char" in {model.name, actual.name} and model.name != actual.name:
        return TypeDifference("SC509")
    fits = not actual.arguments or (
        bool(model.arguments) and int(actual.arguments[0]) >= int(model.arguments[0])
    )
    return TypeDifference("SC502", harmless=fits)


def _times(model: Spelled, actual: Spelled) -> TypeDifference:
    if model.name.removesuffix("tz") != actual.name.removesuffix("tz"):
        return TypeDifference("SC501")
    if model.name != actual.name:
        return TypeDifference("SC504", _zones(model))
    return TypeDifference("SC508")


def _zones(model: Spelled) -> str:
    if model.name.endswith("tz"):
        return (
            "SELECT returns naive datetimes, and comparing them with aware ones raises TypeError; "
            "PostgreSQL converts on every INSERT and WHERE by the session's TimeZone, so the "
            "stored hour depends on the connection (asyncpg and psycopg)."
        )
    return (
        "SELECT returns aware datetimes where the program expects naive ones, and comparing them "
        "raises TypeError; naive values are read in the session's TimeZone (asyncpg and psycopg)."
    )


def _incompatible(model: Spelled, actual: Spelled) -> str:
    if actual.name in TEXTS:
        return (
            "SELECT and INSERT pass; WHERE, JOIN and session.get raise UndefinedFunctionError "
            f"'operator does not exist: character varying = {model.name}' on asyncpg and psycopg."
        )
    if model.name in TEXTS:
        return (
            f"WHERE, JOIN and session.get raise UndefinedFunctionError 'operator does not exist: "
            f"{actual.name} = character varying', and INSERT raises DatatypeMismatchError 'column "
            f"is of type {actual.name} but expression is of type character varying', on asyncpg "
            "and psycopg; SELECT passes."
        )
    return ""
