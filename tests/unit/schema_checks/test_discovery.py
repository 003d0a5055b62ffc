"""What a target may be, and what is said when it is not."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry

from schema_checks import Finding, SchemaCheckError, run_checks
from schema_checks.discovery import discover

Project = Callable[..., str]
LineOf = Callable[[Finding], str]
USER = """
class User(Base):
    __tablename__ = "users"
    user_id: Mapped[str] = mapped_column(primary_key=True)
"""


def test_a_base_a_metadata_a_registry_and_a_module_name_are_the_same_target(
    project: Project,
) -> None:
    name = project(models=USER) + ".models"
    mappers = discover(name).mappers
    base = sys.modules[name].__dict__["Base"]
    for target in (base, base.metadata, base.registry, sys.modules[name], f"{name}:Base", [base]):
        models = discover(target)
        assert models.mappers == mappers
        assert models.metadatas == (base.metadata,)


def test_tables_without_classes_are_models_too() -> None:
    metadata = MetaData()
    table = Table("plain", metadata, Column("plain_id", Integer, primary_key=True))
    assert discover(table).tables == discover(metadata).tables == (table,)


def test_classes_mapped_by_hand_are_found() -> None:
    mapping = registry()

    class Plain:
        pass

    table = Table("plain", mapping.metadata, Column("plain_id", Integer, primary_key=True))
    mapping.map_imperatively(Plain, table)
    models = discover(mapping)
    assert [mapper.class_ for mapper in models.mappers] == [Plain]
    assert models.mapper_of(table) is models.mappers[0]


def test_anything_else_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="not 7"):
        run_checks(7)


def test_a_module_that_does_not_import_is_a_finding_and_a_check_that_was_not_done(
    project: Project, line_of: LineOf
) -> None:
    name = project(models="import json\nraise RuntimeError('boom')\n") + ".models"
    report = run_checks(name)
    [finding] = report.findings
    assert finding.code == "SC101"
    assert finding.message == f"importing {name} raises RuntimeError: boom"
    assert line_of(finding) == "raise RuntimeError('boom')"
    assert report.could_not_check
    with pytest.raises(SchemaCheckError):
        report.raise_for_errors()


def test_a_syntax_error_points_at_its_line(project: Project, line_of: LineOf) -> None:
    [finding] = run_checks(project(models="class User(:\n    pass") + ".models").findings
    assert finding.message.endswith("SyntaxError: invalid syntax")
    assert line_of(finding) == "class User(:"


def test_one_bad_module_does_not_hide_the_findings_of_the_next(project: Project) -> None:
    name = project(
        bad="import nowhere_to_be_found",
        good=USER + '    friend_id = mapped_column(ForeignKey("frends.id"), index=True)\n',
    )
    report = run_checks([f"{name}.bad", f"{name}.good"])
    assert {finding.code for finding in report.findings} == {"SC101", "SC201"}
    assert "No module named 'nowhere_to_be_found'" in report.findings[0].message


@pytest.mark.parametrize(
    ("suffix", "message"),
    [(":Bsae", "does not exist; did you mean Base?"), (":select", "is no Base, registry")],
)
def test_a_name_that_is_no_target_is_not_a_clean_run(
    project: Project, suffix: str, message: str
) -> None:
    report = run_checks(project(models=USER) + ".models" + suffix)
    assert [finding.code for finding in report.findings] == ["SC102"]
    assert message in report.findings[0].message
    assert report.could_not_check


def test_a_module_without_models_proves_nothing() -> None:
    report = run_checks("json")
    assert [finding.code for finding in report.findings] == ["SC103"]
    assert report.could_not_check


def test_models_that_nothing_imports_are_found_by_reading_the_files(
    project: Project, line_of: LineOf
) -> None:
    name = project(models=USER, forgotten=USER.replace("User", "Order").replace("users", "orders"))
    [finding] = run_checks(f"{name}.models").findings
    assert (finding.code, finding.subject, finding.level) == ("SC104", "Order", "warning")
    assert line_of(finding) == "class Order(Base):"


def test_a_class_that_only_the_target_holds_is_still_checked() -> None:
    class Base(DeclarativeBase):
        pass

    class Entry(Base):
        __tablename__ = "entries"
        entry_id: Mapped[int] = mapped_column(primary_key=True)

    models = discover(Base)
    del Entry
    assert [mapper.class_.__name__ for mapper in models.mappers] == ["Entry"]


def test_a_location_is_the_line_of_a_mixins_attribute(project: Project, line_of: LineOf) -> None:
    name = project(
        models="""
        class Owned:
            owner_id: Mapped[str] = mapped_column(ForeignKey("owners.owner_id"), index=True)

        class Pet(Owned, Base):
            __tablename__ = "pets"
            pet_id: Mapped[str] = mapped_column(primary_key=True)

        house = Table(
            "houses", Base.metadata,
            Column("house_id", Integer, primary_key=True),
            Column("owner_id", ForeignKey("owners.owner_id"), index=True),
        )
        """
    )
    house, pet = run_checks(f"{name}.models").findings
    assert line_of(pet).startswith("owner_id: Mapped[str]")
    assert line_of(house).startswith('Column("owner_id"')
    assert Path(str(house.location).rpartition(":")[0]).name == "models.py"
