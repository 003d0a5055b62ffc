"""Alembic's scripts are read without being run, and compared with the version table's rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from schema_checks import CannotCheckError, Migrations
from schema_checks.migrations import check, check_database, from_ini, read_revisions

SCRIPT = """
raise RuntimeError("a script is never imported")
revision: str = {revision!r}
down_revision = {parents!r}
depends_on = {depends!r}
branch_labels = {labels!r}
"""


def write(folder: Path, revision: str, parents: object, **more: object) -> None:
    versions = folder / "versions"
    versions.mkdir(exist_ok=True)
    values = {"depends": None, "labels": None, **more}
    script = SCRIPT.format(revision=revision, parents=parents, **values)
    (versions / f"{revision}_{len(list(versions.iterdir()))}.py").write_text(script)


def offline(folder: Path) -> list[tuple[str, str]]:
    return [(one.code, one.subject) for one in check(read_revisions(Migrations(folder)))]


def live(folder: Path, *versions: str) -> list[tuple[str, str]]:
    revisions = read_revisions(Migrations(folder))
    return [
        (one.code, one.subject) for one in check_database(revisions, versions, "alembic_version")
    ]


@pytest.fixture
def chain(tmp_path: Path) -> Path:
    write(tmp_path, "a1", None)
    write(tmp_path, "b2", "a1")
    write(tmp_path, "c3", "b2")
    return tmp_path


def test_a_database_at_the_head_has_no_findings(chain: Path) -> None:
    assert offline(chain) == []
    assert live(chain, "c3") == []


def test_every_pending_revision_is_named_at_its_line(chain: Path) -> None:
    assert live(chain, "a1") == [("SC601", "b2"), ("SC601", "c3")]
    [finding] = check_database(read_revisions(Migrations(chain)), ("b2",), "alembic_version")
    assert finding.location is not None
    line = Path(finding.location.path).read_text().splitlines()[finding.location.line - 1]
    assert line == "revision: str = 'c3'"


def test_an_empty_version_table_leaves_everything_pending(chain: Path) -> None:
    assert [code for code, _ in live(chain)] == ["SC601"] * 3


def test_an_unknown_revision_is_a_warning_and_says_nothing_about_ours(chain: Path) -> None:
    [finding] = check_database(read_revisions(Migrations(chain)), ("zz",), "alembic_version")
    assert (finding.code, finding.level) == ("SC602", "warning")


def test_a_missing_version_table_means_that_nothing_was_ever_applied(chain: Path) -> None:
    [finding] = check_database(read_revisions(Migrations(chain)), None, "alembic_version")
    assert finding.code == "SC604"


def test_two_heads_are_an_error_until_they_are_merged(chain: Path) -> None:
    write(chain, "d4", "b2")
    assert offline(chain) == [("SC603", "migrations")]
    write(chain, "e5", ("c3", "d4"))
    assert offline(chain) == []
    assert live(chain, "c3", "d4") == [("SC601", "e5")]


def test_a_dependency_counts_as_applied_with_what_needs_it(chain: Path) -> None:
    write(chain, "x1", None, labels=("extra",), depends="c3")
    assert offline(chain) == []
    assert live(chain, "x1") == []


def test_a_parent_without_a_script_and_an_id_used_twice_are_errors(chain: Path) -> None:
    write(chain, "c3", "nowhere")
    write(chain, "d4", ("c3", "lost"))
    assert offline(chain) == [("SC605", "c3"), ("SC605", "d4")]


def test_the_ini_names_the_folder(chain: Path) -> None:
    ini = chain / "alembic.ini"
    ini.write_text("[alembic]\nscript_location = %(here)s\n")
    assert from_ini(ini).location == chain
    ini.write_text("[other]\n")
    with pytest.raises(CannotCheckError):
        from_ini(ini)


def test_a_folder_that_does_not_exist_cannot_be_checked(tmp_path: Path) -> None:
    with pytest.raises(CannotCheckError):
        read_revisions(Migrations(tmp_path / "nowhere"))
