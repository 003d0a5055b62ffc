"""Reads the bundled topics and interests, and reports every fault at once.

A topic file has the fields of `Topic`, with three conveniences: `[shared]` holds what both
levels use (a level's own field wins); `default_sources` are the sources of every statement that
names none; and the levels' tables stand at the top.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from importlib import resources
from importlib.resources.abc import Traversable

import tomli  # the standard library's reader, compiled: 14,000 lines in a quarter of the time
from pydantic import TypeAdapter, ValidationError

from worker.curriculum.errors import CurriculumError
from worker.curriculum.models import (
    EVERYDAY,
    Curriculum,
    FurtherText,
    Interest,
    LevelText,
    Statement,
    Topic,
    bare_word,
    further_statements,
    statements,
)
from worker.curriculum.wording import stems
from worker.lessons.visuals import Visual

INTERESTS_FILE = "interests.toml"
TOPICS_FOLDER = "topics"
LEVELS = ("basic", "standard")

FEWEST_STEMS = 2
"""A phrase of `others` with a single word would silence its topic for every question with it."""

_INTERESTS = TypeAdapter(tuple[Interest, ...])


def load_curriculum(root: Traversable | None = None) -> Curriculum:
    """Read the curriculum.

    Args:
        root: The folder with `interests.toml` and `topics/`; the bundled one by default.

    Raises:
        CurriculumError: Files are faulty; it names every fault with its file and field.
    """
    folder = resources.files("worker.curriculum") if root is None else root
    faults: list[str] = []
    interests = _read_interests(folder / INTERESTS_FILE, faults)
    known = {interest.id for interest in interests}
    topics = []
    for file in sorted((folder / TOPICS_FOLDER).iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            topic = _read_topic(file, faults)
            if topic is not None:
                topics.append(topic)
                faults += [f"{file.name}: {fault}" for fault in _topic_faults(topic, known)]
                if file.name != f"{topic.id}.toml":
                    faults.append(f"{file.name}: id: {topic.id!r} is not the file's name")
    if faults:
        raise CurriculumError(tuple(faults))
    return Curriculum(topics=tuple(topics), interests=interests)


def _read_interests(file: Traversable, faults: list[str]) -> tuple[Interest, ...]:
    table = _read_table(file, faults)
    try:
        interests = _INTERESTS.validate_json(json.dumps(table.get("interests", [])))
        if EVERYDAY not in {interest.id for interest in interests}:
            faults.append(f"{file.name}: interests: none has the id {EVERYDAY!r}")
    except ValidationError as error:
        faults += _validation_faults(file.name, error)
        return ()
    return interests


def _read_topic(file: Traversable, faults: list[str]) -> Topic | None:
    table = _read_table(file, faults)
    if not table:
        return None
    default_sources = table.pop("default_sources", [])
    shared = table.pop("shared", {})
    for level in LEVELS:
        own = table.get(level, {})
        if isinstance(own, dict) and isinstance(shared, dict):
            table[level] = shared | own
    try:
        return Topic.model_validate_json(json.dumps(_with_sources(table, default_sources)))
    except ValidationError as error:
        faults += _validation_faults(file.name, error)
    return None


def _read_table(file: Traversable, faults: list[str]) -> dict[str, object]:
    try:
        return tomli.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomli.TOMLDecodeError) as error:
        faults.append(f"{file.name}: {error}")
    return {}


def _with_sources(value: object, default_sources: object) -> object:
    if isinstance(value, list):
        return [_with_sources(item, default_sources) for item in value]
    if isinstance(value, dict):
        filled = {key: _with_sources(item, default_sources) for key, item in value.items()}
        return {"sources": default_sources} | filled if "say" in filled else filled
    return value


def _validation_faults(name: str, error: ValidationError) -> list[str]:
    return [
        f"{name}: {'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
        for fault in error.errors(include_url=False)
    ]


def _topic_faults(topic: Topic, known_interests: set[str]) -> Iterator[str]:
    if topic.grades[0] > topic.grades[1]:
        yield "grades: the lowest grade stands after the highest"
    source_ids = [source.id for source in topic.sources]
    yield from (f"sources: {one!r} occurs twice" for one in _repeated(source_ids))
    interests = [analogy.interest for analogy in topic.analogies]
    yield from (f"analogies: {one!r} occurs twice" for one in _repeated(interests))
    if EVERYDAY not in interests:
        yield f"analogies: none is {EVERYDAY!r}"
    for interest in sorted(set(interests) - known_interests):
        yield f"analogies: {interest!r} is no interest of {INTERESTS_FILE}"
    for phrase in topic.phrases.others:
        if len(stems(phrase)) < FEWEST_STEMS:
            yield f"phrases.others: {phrase!r} has fewer than {FEWEST_STEMS} words that count"
    for analogy in topic.analogies:
        for statement in analogy.mapping:
            place = f"analogies.{analogy.interest}"
            yield from _statement_faults(place, statement, set(source_ids))
    yield from _further_faults(topic.further, set(source_ids))
    for name, level in (("basic", topic.basic), ("standard", topic.standard)):
        for statement in statements(level):
            yield from _statement_faults(name, statement, set(source_ids))
        yield from (f"{name}.{fault}" for fault in _level_faults(level))


def _further_faults(further: FurtherText, source_ids: set[str]) -> Iterator[str]:
    found = list(further_statements(further))
    for statement in found:
        yield from _statement_faults("further", statement, source_ids)
    yield from (f"further: {fault}" for fault in _part_faults(None, found))


def _statement_faults(place: str, statement: Statement, source_ids: set[str]) -> Iterator[str]:
    where = f"{place}: {statement.say!r}"
    for missing in sorted(set(statement.sources) - source_ids):
        yield f"{where}: its source {missing!r} is not among the topic's sources"
    if bool(statement.show) != bool(statement.cue):
        yield f"{where}: show and cue go together"
    elif statement.cue:
        try:
            statement.cue_index  # noqa: B018  # reading it is the check
        except ValueError:
            yield f"{where}: the cue {statement.cue!r} is none of its words"


def _level_faults(level: LevelText) -> Iterator[str]:
    for part, found in (("explanation", level.explanation), ("takeaways", level.takeaways)):
        if all(statement.priority for statement in found):
            yield f"{part}: none has priority 0"
    for part, display, found in (
        ("explanation", level.display, level.explanation),
        ("example", level.example.display, level.example.steps),
    ):
        revealing = [statement.priority for statement in found if statement.reveal]
        if revealing != ([0] if display else []):
            yield f"{part}: a display needs one statement of priority 0 with reveal, and only then"
    illustrated = {"explanation": level.visual, "example": level.example.visual}
    for part, said in _sections(level):
        yield from (f"{part}: {fault}" for fault in _part_faults(illustrated.get(part), said))


def _sections(level: LevelText) -> Iterator[tuple[str, Sequence[Statement]]]:
    yield "explanation", level.explanation
    yield "example", level.example.steps
    elsewhere = set(map(id, (*level.explanation, *level.example.steps)))
    yield "beside no visual", [one for one in statements(level) if id(one) not in elsewhere]


def _part_faults(visual: Visual | None, found: Sequence[Statement]) -> Iterator[str]:
    known = set(visual.part_ids) if visual else set()
    for statement in found:
        for part_id, word in statement.parts.items():
            if part_id not in known:
                yield f"{statement.say!r}: the visual has no part {part_id!r}"
            if bare_word(word) not in map(bare_word, statement.say.split()):
                yield f"{statement.say!r}: {word!r}, which names a part, is none of its words"
    always = {part_id for one in found if one.priority == 0 for part_id in one.parts}
    for part_id in sorted(known - always):
        yield f"no statement of priority 0 names the part {part_id!r} of the visual"


def _repeated(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})
