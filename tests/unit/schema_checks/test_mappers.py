"""Every mapper fault is found in one run, each at its own line."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import configure_mappers

from schema_checks import Finding, Report, run_checks

Check = Callable[[str], Report]
LineOf = Callable[[Finding], str]

SEVEN_FAULTS = """
class School(Base):
    __tablename__ = "schools"
    school_id: Mapped[int] = mapped_column(primary_key=True)
    pupils: Mapped[list["Pupil"]] = relationship(back_populates="schoool")
    trees: Mapped[list["Tree"]] = relationship()

class Tree(Base):
    __tablename__ = "trees"
    tree_id: Mapped[int] = mapped_column(primary_key=True)

class Pupil(Base):
    __tablename__ = "pupils"
    pupil_id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.school_id"), index=True)
    old_school_id: Mapped[int] = mapped_column(ForeignKey("schools.school_id"), index=True)
    school: Mapped["School"] = relationship()
    tutor: Mapped["Tutr"] = relationship()

class Tutor(Base):
    __tablename__ = "tutors"
    tutor_id: Mapped[int] = mapped_column(primary_key=True)
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("tutors.tutor_id"), index=True)
    boss: Mapped["Tutor"] = relationship(back_populates="team")
    team: Mapped[list["Tutor"]] = relationship(back_populates="boss")
    bag: Mapped["Bag"] = relationship(cascade="all, delete-orphan")
    bag_id: Mapped[int | None] = mapped_column(ForeignKey("bags.bag_id"), index=True)

class Bag(Base):
    __tablename__ = "bags"
    bag_id: Mapped[int] = mapped_column(primary_key=True)
    sizes: Mapped[list["Size"]] = relationship(primaryjoin="Bag.nothing == Size.size_id")

class Size(Base):
    __tablename__ = "sizes"
    size_id: Mapped[int] = mapped_column(primary_key=True)
"""


def by_subject(report: Report) -> dict[str, Finding]:
    return {finding.subject: finding for finding in report.findings}


def test_seven_faults_of_one_base_are_found_in_one_run(check: Check) -> None:
    codes = {name: finding.code for name, finding in by_subject(check(SEVEN_FAULTS)).items()}
    assert codes == {
        "School.pupils": "SC113",
        "School.trees": "SC112",
        "Pupil.school": "SC113",
        "Pupil.tutor": "SC110",
        "Tutor.team": "SC115",
        "Tutor.bag": "SC119",
        "Bag.sizes": "SC119",
    }


def test_a_second_run_in_the_same_process_finds_the_same(project: Callable[..., str]) -> None:
    name = project(models=SEVEN_FAULTS) + ".models"
    assert run_checks(name) == run_checks(name)
    with pytest.raises(InvalidRequestError):
        configure_mappers()  # SQLAlchemy goes on to refuse them, too


def test_an_unknown_name_is_reported_at_its_line_with_the_nearest_name(
    check: Check, line_of: LineOf
) -> None:
    finding = by_subject(check(SEVEN_FAULTS))["Pupil.tutor"]
    assert "names Tutr, which no class of" in finding.message
    assert "did you mean Tutor?" in finding.message
    assert line_of(finding).startswith("tutor: Mapped")


def test_an_unknown_name_inside_an_expression_is_told_by_that_name(check: Check) -> None:
    report = check(
        """
        class Node(Base):
            __tablename__ = "nodes"
            node_id: Mapped[int] = mapped_column(primary_key=True)
            up_id: Mapped[int | None] = mapped_column(ForeignKey("nodes.node_id"), index=True)
            up: Mapped["Node"] = relationship(remote_side="Nod.node_id")
        """
    )
    [finding] = report.findings
    assert (finding.code, finding.subject) == ("SC110", "Node.up")
    assert "names Nod, which no class" in finding.message


TWO = """
class Owner(Base):
    __tablename__ = "owners"
    owner_id: Mapped[int] = mapped_column(primary_key=True)
    pets: Mapped[list["Pet"]] = relationship(OWNER)

class Pet(Base):
    __tablename__ = "pets"
    pet_id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owners.owner_id"), index=True)
    owner: Mapped["Owner"] = relationship(PET)
    name: Mapped[str]
"""


@pytest.mark.parametrize(
    ("owner", "pet", "expected"),
    [
        ("back_populates='owner'", "back_populates='pets'", {}),
        ("back_populates='keeper'", "", {"Owner.pets": "SC114"}),
        ("back_populates='name'", "", {"Owner.pets": "SC115"}),
        ("back_populates='owner', viewonly=True", "back_populates='pets', sync_backref=True",
         {"Owner.pets": "SC115", "Pet.owner": "SC115"}),
        ("back_populates='owner'", "", {"Owner.pets": "SC116"}),
        ("", "", {"Owner.pets": "SC117"}),
    ],
)  # fmt: skip
def test_back_references_are_judged_from_both_sides(
    check: Check, owner: str, pet: str, expected: dict[str, str]
) -> None:
    found = by_subject(check(TWO.replace("OWNER", owner).replace("PET", pet)))
    codes = {subject: finding.code for subject, finding in found.items()}
    assert codes.items() <= expected.items() or codes == {"Pet.owner": "SC117"}
    assert bool(codes) == bool(expected)


def test_both_sides_of_one_direction_conflict(check: Check) -> None:
    report = check(
        """
        class Node(Base):
            __tablename__ = "nodes"
            node_id: Mapped[int] = mapped_column(primary_key=True)
            parent_id: Mapped[int | None] = mapped_column(ForeignKey("nodes.node_id"), index=True)
            parent: Mapped["Node"] = relationship(back_populates="children")
            children: Mapped[list["Node"]] = relationship(back_populates="parent")
        """
    )
    assert {finding.code for finding in report.findings} == {"SC115"}


def test_a_name_of_another_base_names_that_base_and_its_class(
    project: Callable[..., str], line_of: LineOf
) -> None:
    name = project(
        users="""
        class User(Base):
            __tablename__ = "users"
            user_id: Mapped[str] = mapped_column(primary_key=True)
        """,
        profiles="""
        import PROJECT.users

        OwnBase = declarative_base()

        class Profile(OwnBase):
            __tablename__ = "profiles"
            profile_id: Mapped[int] = mapped_column(primary_key=True)
            user_id: Mapped[str] = mapped_column(ForeignKey("users.user_id"), index=True)
            user: Mapped["User"] = relationship()
        """,
    )
    found = {finding.code: finding for finding in run_checks(f"{name}.profiles").findings}
    assert set(found) == {"SC111", "SC201", "SC118"}
    assert f"{name}.profiles.OwnBase" in found["SC111"].message
    assert f"{name}.base.Base" in found["SC111"].message
    assert f"({name}.users.User)" in found["SC111"].message
    assert line_of(found["SC111"]).startswith("user: Mapped")
    assert "belongs to another Base" in found["SC201"].message
    assert "profiles.user_id -> users.user_id" in found["SC118"].message


def test_two_bases_that_nothing_crosses_are_only_worth_knowing(
    project: Callable[..., str],
) -> None:
    name = project(
        models="""
        class User(Base):
            __tablename__ = "users"
            user_id: Mapped[str] = mapped_column(primary_key=True)

        class Archive(DeclarativeBase):
            pass

        class Entry(Archive):
            __tablename__ = "entries"
            entry_id: Mapped[str] = mapped_column(primary_key=True)
        """
    )
    [finding] = run_checks(f"{name}.models").findings
    assert (finding.code, finding.level) == ("SC118", "info")


def test_two_classes_of_one_name_are_reported_both(project: Callable[..., str]) -> None:
    body = """
    class User(Base):
        __tablename__ = "TABLE"
        user_id: Mapped[str] = mapped_column(primary_key=True)
    """
    name = project(
        one=body.replace("TABLE", "ones"),
        two="import PROJECT.one\n" + body.replace("TABLE", "twos").replace("\n    ", "\n"),
    )
    report = run_checks(f"{name}.two")
    assert [finding.code for finding in report.findings] == ["SC120", "SC120"]
