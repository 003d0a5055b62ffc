"""The curriculum's files are read whole, or every fault in them is named."""

from importlib import resources
from pathlib import Path

import pytest

from worker.curriculum.errors import CurriculumError, UnknownTopicError
from worker.curriculum.models import Curriculum
from worker.curriculum.reader import load_curriculum

BUNDLED = resources.files("worker.curriculum")
TOPIC = "newtons-third-law.toml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A curriculum of one topic, to be damaged."""
    (tmp_path / "topics").mkdir()
    for name in ("interests.toml", f"topics/{TOPIC}"):
        (tmp_path / name).write_text((BUNDLED / name).read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def damage(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def faults_of(folder: Path) -> tuple[str, ...]:
    with pytest.raises(CurriculumError) as caught:
        load_curriculum(folder)
    return caught.value.faults


def test_a_sound_folder_is_read(folder: Path) -> None:
    assert [topic.id for topic in load_curriculum(folder).topics] == ["newtons-third-law"]


def test_faults_in_several_files_and_fields_are_reported_at_once(folder: Path) -> None:
    topic = folder / "topics" / TOPIC
    damage(topic, 'subject = "Physics"', "")
    damage(topic, "grades = [6, 12]", "grades = [0, 12]")
    damage(folder / "interests.toml", 'id = "basketball"', 'id = "Basket Ball"')
    (folder / "topics" / "broken.toml").write_text("id = ", encoding="utf-8")
    faults = "\n".join(faults_of(folder))
    assert f"{TOPIC}: subject:" in faults
    assert f"{TOPIC}: grades.0:" in faults
    assert "interests.toml: 0.id:" in faults
    assert "broken.toml:" in faults


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('cue = "begin"', 'cue = "banana"', "the cue 'banana' is none of its words"),
        ('display = "70 N = 70 N"', 'display = ""', "a display needs one statement"),
        ('id = "physics-third-law"', 'id = "elsewhere"', "'physics-third-law' is not among"),
        ('interest = "soccer"', 'interest = "basketball"', "'basketball' occurs twice"),
        ('interest = "soccer"', 'interest = "stamps"', "'stamps' is no interest of"),
        ('interest = "everyday"', 'interest = "space2"', "none is 'everyday'"),
        ("grades = [6, 12]", "grades = [12, 6]", "the lowest grade stands after the highest"),
        ('id = "newtons-third-law"', 'id = "another"', "'another' is not the file's name"),
        ('"air force"', '"force"', "'force' has fewer than 2 words that count"),
        ('a = "object"', 'c = "object"', "the visual has no part 'c'"),
        ('on-a = "back" }', 'on-a = "banana" }', "'banana', which names a part, is none of"),
        (', b = "second"', "", "no statement of priority 0 names the part 'b'"),
        ('on = "coach"', 'on = "nobody"', "acts on 'nobody', which is no thing"),
        ("strength = 160", "strength = 0", "force 'on-you' has no strength above zero"),
        ('cue = "moves" }', 'cue = "moves", parts = { a = "moves" } }', "has no part 'a'"),
        ('show = "Force: push, pull", cue', 'show = "", cue', "show and cue go together"),
    ],
)
def test_a_fault_names_its_file_and_what_is_wrong(
    folder: Path, old: str, new: str, fault: str
) -> None:
    damage(folder / "topics" / TOPIC, old, new)
    found = [one for one in faults_of(folder) if fault in one]
    assert found
    assert found[0].startswith(f"{TOPIC}: ")


def test_a_formula_that_does_not_parse_is_a_fault_of_its_file(folder: Path) -> None:
    name = "topics/newtons-second-law.toml"
    (folder / name).write_text((BUNDLED / name).read_text(encoding="utf-8"), encoding="utf-8")
    damage(folder / name, r"\frac{F}{m}", r"\frac{F}{m")
    found = [one for one in faults_of(folder) if "a brace is not closed" in one]
    assert found
    assert found[0].startswith("newtons-second-law.toml: basic.example.visual")


def test_the_error_tells_how_many_faults_there_are(folder: Path) -> None:
    damage(folder / "topics" / TOPIC, "grades = [6, 12]", "grades = [12, 6]")
    with pytest.raises(CurriculumError, match="the curriculum has 1 fault:"):
        load_curriculum(folder)


def test_a_levels_own_field_wins_over_the_shared_one(folder: Path) -> None:
    topic = folder / "topics" / TOPIC
    damage(topic, "[basic]\n", '[basic]\nclosing = "Can you now say it simply?"\n')
    found = load_curriculum(folder).topic("newtons-third-law")
    assert found.basic.closing == "Can you now say it simply?"
    assert found.standard.closing != found.basic.closing


def test_an_unknown_topic_is_a_typed_error(curriculum: Curriculum) -> None:
    with pytest.raises(UnknownTopicError) as caught:
        curriculum.topic("alchemy")
    assert caught.value.topic_id == "alchemy"
    assert isinstance(caught.value, KeyError)
    assert str(caught.value) == "the curriculum has no topic 'alchemy'"
