"""Foreign keys are resolved by name, without configuring anything and without a database."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, MetaData, Table

from schema_checks import Finding, Report, run_checks

Check = Callable[[str], Report]
LineOf = Callable[[Finding], str]


def codes(report: Report) -> dict[str, str]:
    return {finding.subject: finding.code for finding in report.findings}


def test_dangling_keys_are_found_though_no_relationship_uses_them(
    check: Check, line_of: LineOf
) -> None:
    report = check(
        """
        class User(Base):
            __tablename__ = "users"
            user_id: Mapped[str] = mapped_column(primary_key=True)

        class Order(Base):
            __tablename__ = "orders"
            order_id: Mapped[str] = mapped_column(primary_key=True)
            user_id: Mapped[str] = mapped_column(ForeignKey("uesrs.user_id"), index=True)
            payer_id: Mapped[str] = mapped_column(ForeignKey("users.usr_id"), index=True)
            seller_id: Mapped[str] = mapped_column(ForeignKey("users.user_id"), index=True)
        """
    )
    assert codes(report) == {"orders.user_id": "SC201", "orders.payer_id": "SC202"}
    table, column = report.findings
    assert "did you mean users?" in table.message
    assert "did you mean user_id?" in column.message
    assert line_of(table).startswith("user_id: Mapped")
    assert line_of(column).startswith("payer_id: Mapped")


def test_a_relationship_over_a_dangling_key_adds_no_second_finding(check: Check) -> None:
    report = check(
        """
        class Order(Base):
            __tablename__ = "orders"
            order_id: Mapped[str] = mapped_column(primary_key=True)
            user_id: Mapped[str] = mapped_column(ForeignKey("users.name"), index=True)
            user: Mapped["User"] = relationship()

        class User(Base):
            __tablename__ = "users"
            user_id: Mapped[str] = mapped_column(primary_key=True)
        """
    )
    assert codes(report) == {"orders.user_id": "SC202"}


def test_targets_resolve_by_schema_key_and_link_to_name() -> None:
    metadata = MetaData(schema="school")
    Table(
        "users",
        metadata,
        Column("id", Integer, key="identifier", primary_key=True),
        Column("other", Integer, index=True),
    )
    Table(
        "orders",
        metadata,
        Column("a", Integer, ForeignKey("users.identifier"), primary_key=True),
        Column("b", Integer, ForeignKey("school.users.id", link_to_name=True), index=True),
        Column("c", Integer, ForeignKey("users.id"), index=True),
        Column("other", Integer, ForeignKey("users"), index=True),
        Column("d", Integer, ForeignKey("library.users.identifier"), index=True),
    )
    report = run_checks(metadata)
    assert codes(report) == {"school.orders.c": "SC202", "school.orders.d": "SC201"}
    assert "there is school.users, in another schema" in report.findings[0].message


def test_a_composite_key_dangles_column_by_column() -> None:
    metadata = MetaData()
    Table("t", metadata, Column("a", Integer, primary_key=True), Column("b", Integer))
    Table(
        "u",
        metadata,
        Column("a", Integer, primary_key=True),
        Column("b", Integer, primary_key=True),
        ForeignKeyConstraint(["a", "b"], ["t.a", "t.missing"]),
    )
    assert codes(run_checks(metadata)) == {"u.b": "SC202"}


def test_a_key_given_as_an_attribute_or_by_a_mixin_resolves(check: Check) -> None:
    report = check(
        """
        class User(Base):
            __tablename__ = "users"
            user_id: Mapped[str] = mapped_column(String(9), primary_key=True)

        class Owned:
            @declared_attr
            def owner_id(cls) -> Mapped[str]:
                return mapped_column(ForeignKey(User.user_id), index=True)

        class Pet(Owned, Base):
            __tablename__ = "pets"
            pet_id: Mapped[int] = mapped_column(primary_key=True)
            keeper_id: Mapped[int] = mapped_column(Integer, ForeignKey(User.user_id), index=True)
        """
    )
    assert codes(report) == {"pets.keeper_id": "SC203"}


def test_a_key_given_as_a_column_of_another_metadata_does_not_dangle() -> None:
    other = Table("owners", MetaData(), Column("owner_id", Integer, primary_key=True))
    metadata = MetaData()
    Table("pets", metadata, Column("owner_id", ForeignKey(other.c.owner_id), primary_key=True))
    assert codes(run_checks(metadata)) == {}
