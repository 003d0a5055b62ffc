"""Judges whether two spellings of a SQL expression mean the same, without asking PostgreSQL.

PostgreSQL keeps expressions parsed and writes them in its own way: `status IN ('a', 'b')`
becomes `((status)::text = ANY ((ARRAY['a'::character varying, …])::text[]))`. Both texts are cut
into words, the words that PostgreSQL adds are left out, and what remains is compared. The
answer is yes, no, or don't know; deep mode asks PostgreSQL instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from schema_checks.grouping import GROUPED, shape

WORD = re.compile(
    r"""\s+
    |(?P<text>[eE]?'(?:[^']|'')*')
    |(?P<name>"(?:[^"]|"")*"|[^\W\d]\w*)
    |(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)
    |(?P<operator>::|[<>=!~@#%^&|?*/+-]+)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
CAST = re.compile(
    r"""::\s*(?:"(?:[^"]|"")*"\.)?(?:"(?:[^"]|"")*"
    |(?:timestamp|time)(?:\s*\(\d+\))?\s+with(?:out)?\s+time\s+zone
    |double\s+precision|character\s+varying|bit\s+varying|(?:[^\W\d]\w*\.)?[^\W\d]\w*)
    (?:\s*\(\s*\d+(?:\s*,\s*\d+)?\s*\))?(?:\s*\[\d*\])*""",
    re.VERBOSE | re.IGNORECASE,
)
UNSURE_CASTS = re.compile(
    r"::\s*\"?(?:interval|date|time|json|bytea|inet|cidr|macaddr|\w*range)", re.IGNORECASE
)
TYPE_BEFORE_TEXT = frozenset(
    {"interval", "date", "time", "timestamp", "timestamptz", "json", "jsonb"}
)
NOW = frozenset({"current_timestamp", "transaction_timestamp", "now"})
OPERATORS = {"<>": "!=", "~~": "like", "~~*": "ilike", "!~~": "notlike", "!~~*": "notilike"}
COMPARISONS = frozenset(
    {"<", ">", "<=", ">=", "=", "!=", "like", "ilike", "+", "-", "*", "/", "||"}
)
IN_ONE = re.compile(r"\bIN\s*\(\s*('(?:[^']|'')*'|[^(),']+)\s*\)", re.IGNORECASE)
# Words that PostgreSQL adds, drops or moves when it writes an expression back.
FILLERS = frozenset({"array", "any", "some", "all", "in", "cast", "as", "asc", "symmetric"})
LISTS = frozenset({"any", "all", "in", "or", "between", "some"})
KEYWORDS = FILLERS | LISTS | {"and", "not", "is", "null", "case", "when", "then", "else", "end"}


def same_meaning(one: str, other: str) -> bool | None:
    """Tell whether two expressions mean the same: yes, no, or None for don't know."""
    if one == other:
        return True
    left, right = words(one), words(other)
    if left == right:
        return _same_groups(one, other) or None
    if _is_unsure(one) or _is_unsure(other):
        return None
    if _values(left) != _values(right):
        return False
    if not (_has_list(one) or _has_list(other)) and _operators(left) != _operators(right):
        return False
    return None


def same_or_moved(one: str, other: str) -> bool:
    """Tell whether two of PostgreSQL's own texts differ only in casts, parentheses or now()."""
    return one == other or (words(one) == words(other) and _same_groups(one, other))


def _same_groups(one: str, other: str) -> bool:
    """Tell whether two texts of the same words group them alike."""
    return GROUPED.isdisjoint(words(one)) or shape(_tokens(one)) == shape(_tokens(other))


def _tokens(expression: str) -> list[str]:
    """Return the words as they stand, with brackets and commas, in lower case."""
    bare = IN_ONE.sub(r"= \1", CAST.sub("", expression))
    return [match[0].lower() for match in WORD.finditer(bare) if not match[0].isspace()]


@lru_cache(maxsize=4096)
def words(expression: str) -> tuple[str, ...]:
    """Return the words that carry the meaning, in one spelling."""
    bare = IN_ONE.sub(r"= \1", CAST.sub("", expression))
    found = list(_spread_between(list(_cut(bare))))
    return tuple(_simplified(found))


def _cut(text: str) -> Iterator[str]:
    for match in WORD.finditer(text):
        if match["text"] is not None:
            yield from _literal(match["text"])
        elif match["name"] is not None:
            yield _name(match["name"])
        elif match["number"] is not None:
            yield _number(match["number"])
        elif match["operator"] is not None:
            yield from _operator(match["operator"])
        elif match["other"] is not None and match["other"] not in "()[],":
            yield match["other"]


def _literal(text: str) -> Iterator[str]:
    """Yield a text; a number in quotes is the number."""
    body = text[text.index("'") + 1 : -1]
    match = re.fullmatch(r"(-?)(\d+(?:\.\d+)?)", body)
    if match is None:
        yield f"'{body}'"
        return
    if match[1]:
        yield "-"
    yield _number(match[2])


def _operator(text: str) -> Iterator[str]:
    """Yield an operator; a sign behind a plain one is its own (PostgreSQL's lexical rule)."""
    bare = text
    if len(text) > 1 and text[-1] in "+-" and not set(text) & set("~!@#%^&|?"):
        bare = text[:-1]
    yield OPERATORS.get(bare, bare)
    yield from text[len(bare) :]


def _number(text: str) -> str:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    return f"{value.normalize():f}"


def _name(text: str) -> str:
    name = text[1:-1].replace('""', '"') if text.startswith('"') else text.lower()
    return "now" if name in NOW else name


def _spread_between(found: list[str]) -> Iterator[str]:
    """Turn `x between a and b` into `x >= a and x <= b`, as PostgreSQL does."""
    place = 0
    while place < len(found):
        if found[place] == "between" and place > 0 and "and" in found[place:]:
            end = found.index("and", place)
            yield from (">=", *found[place + 1 : end], "and", found[place - 1], "<=")
            place = end
        else:
            yield found[place]
        place += 1


def _simplified(found: Sequence[str]) -> Iterator[str]:
    """Leave out qualifiers, fillers, and a type's name in front of its text."""
    for place, word in enumerate(found):
        following = found[place + 1] if place + 1 < len(found) else ""
        before = found[place - 1] if place else ""
        if word == "." or following == "." or (word == "=" and following in {"any", "some"}):
            continue
        if word == "!=" and following == "all":
            yield "not"
        elif word in FILLERS or (word in TYPE_BEFORE_TEXT and following.startswith("'")):
            continue
        elif word == "not" and following in {"like", "ilike"}:
            yield f"not{following}"
        elif not (word in {"like", "ilike"} and before == "not"):
            yield word


def _is_unsure(text: str) -> bool:
    """Tell whether a literal has many spellings: an interval, a date, JSON and the like."""
    return UNSURE_CASTS.search(text) is not None or any(
        word in TYPE_BEFORE_TEXT for word in _cut(CAST.sub("", text))
    )


def _has_list(text: str) -> bool:
    """Tell whether PostgreSQL may have put other operators in (IN, OR, BETWEEN)."""
    return not LISTS.isdisjoint(_cut(text))


def _values(found: Sequence[str]) -> frozenset[str]:
    """Return the names and literals, which PostgreSQL never changes."""
    return (
        frozenset(
            word
            for word in found
            if word not in KEYWORDS and (word[0] == "'" or word[0].isalnum() or word[0] == "_")
        )
        - COMPARISONS
        - {"notlike", "notilike"}
    )


def _operators(found: Sequence[str]) -> list[str]:
    return sorted(word for word in found if word in COMPARISONS)
