"""What works and still goes wrong is a warning, found without a database."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Enum,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.types import JSON, BigInteger, TypeDecorator

from schema_checks import run_checks


class UtcDateTime(TypeDecorator[datetime]):
    """A program's own conversion."""

    impl = DateTime
    cache_ok = True


def codes(*parts: Any) -> dict[str, str]:
    metadata = MetaData()
    Table("t", metadata, Column("id", Integer, primary_key=True), *parts)
    return {finding.subject: finding.code for finding in run_checks(metadata).findings}


@pytest.mark.parametrize(
    ("column", "code"),
    [
        (Column("c", DateTime), "SC130"),
        (Column("c", DateTime(timezone=True)), None),
        (Column("c", UtcDateTime), None),
        (Column("c", JSON, default={}), "SC131"),
        (Column("c", JSON, default=[1]), "SC131"),
        (Column("c", JSON, default=dict), None),
        (Column("c", Uuid, default=uuid.uuid4()), "SC132"),
        (Column("c", Uuid, default=uuid.uuid4), None),
        (Column("c", Uuid, default=uuid.UUID(int=0)), None),
        (Column("c", DateTime(timezone=True), default=datetime.now(UTC).replace(microsecond=7)),
         "SC132"),
        (Column("c", DateTime(timezone=True), onupdate=datetime.now(UTC).replace(microsecond=7)),
         "SC132"),
        (Column("c", DateTime(timezone=True), default=datetime(2000, 1, 1, tzinfo=UTC)), None),
        (Column("c", Boolean, default=False), None),
        (Column("c", Enum("a", "b", name="letters"), default="a"), None),
    ],
)  # fmt: skip
def test_a_hazard_is_told_from_what_only_looks_like_one(
    column: Column[Any], code: str | None
) -> None:
    assert codes(column) == ({"t.c": code} if code else {})


@pytest.mark.parametrize(
    ("own", "target", "level"),
    [
        (String(36), Uuid(), "error"),
        (Uuid(), String(36), "error"),
        (Integer(), BigInteger(), "warning"),
        (String(50), String(100), "warning"),
        (Text(), String(100), "warning"),
        (Uuid(), Uuid(), None),
        (String(36), String(36), None),
    ],
)
def test_a_key_of_another_type_than_its_target_is_an_error_where_they_cannot_be_joined(
    own: Any, target: Any, level: str | None
) -> None:
    metadata = MetaData()
    Table("u", metadata, Column("id", target, primary_key=True))
    Table("t", metadata, Column("u_id", own, ForeignKey("u.id"), primary_key=True))
    found = [(finding.code, finding.level) for finding in run_checks(metadata).findings]
    assert found == ([("SC203", level)] if level else [])


@pytest.mark.parametrize(
    ("parts", "is_found"),
    [
        ([], True),
        ([Index("i", "u_id")], False),
        ([Index("i", "u_id", "other")], False),
        ([Index("i", "other", "u_id")], True),
        ([UniqueConstraint("u_id", "other")], False),
    ],
)
def test_a_key_needs_an_index_that_begins_with_it(parts: list[Any], is_found: bool) -> None:  # noqa: FBT001 - a parameter of the test
    metadata = MetaData()
    Table("u", metadata, Column("id", Integer, primary_key=True))
    key: Column[int] = Column("u_id", ForeignKey("u.id"))
    Table(
        "t",
        metadata,
        Column("id", Integer, primary_key=True),
        key,
        Column("other", Integer),
        *parts,
    )
    found = {finding.code for finding in run_checks(metadata).findings}
    assert found == ({"SC204"} if is_found else set())
