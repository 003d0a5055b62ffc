"""The schemas that models are asked to answer by."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from google.genai import types
from pydantic import BaseModel, TypeAdapter, ValidationError

from tests.protocols.curriculum_model import as_answer
from worker.adapters.curriculum_writer import CurriculumWriter
from worker.adapters.gemini_schemas import (
    StoryboardAnswer,
    UnderstandingAnswer,
    gemini_schema,
)
from worker.adapters.gemini_storyboard import Wanted, storyboard_faults, to_scenes
from worker.curriculum.reader import load_curriculum
from worker.lessons.storyboard import SceneKind
from worker.lessons.visuals import Visual

ANSWERS = [UnderstandingAnswer, StoryboardAnswer]

KNOWN = {
    *("$ref", "$defs", "type", "description", "enum", "items", "prefixItems", "minItems"),
    *("maxItems", "minimum", "maximum", "anyOf", "properties", "additionalProperties", "required"),
}
"""Keywords that Gemini's API documents for `responseJsonSchema`."""


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_schema_is_made_of_what_the_client_package_knows(answer: type[BaseModel]) -> None:
    schema = gemini_schema(answer)
    types.JSONSchema.model_validate(schema)
    for node in nodes(schema):
        assert node.keys() <= KNOWN


@pytest.mark.parametrize("answer", ANSWERS)
def test_every_field_is_required_and_no_other_is_let_in(answer: type[BaseModel]) -> None:
    for node in nodes(gemini_schema(answer)):
        if "properties" in node:
            assert node["required"] == list(node["properties"])


def test_every_kind_of_visual_is_offered_and_said_what_it_is() -> None:
    schema = gemini_schema(StoryboardAnswer)
    kinds = {kind.__name__: kind for kind in get_args(Visual)}
    offered = schema["$defs"]["SceneAnswer"]["properties"]["visual"]["anyOf"][0]["anyOf"]
    assert {one["$ref"].removeprefix("#/$defs/") for one in offered} == set(kinds)
    for name in kinds:
        assert schema["$defs"][name]["description"]
        assert len(schema["$defs"][name]["properties"]["kind"]["enum"]) == 1


def test_every_kind_of_scene_is_offered_but_the_card_that_follows_from_the_others() -> None:
    scene = gemini_schema(StoryboardAnswer)["$defs"]["SceneAnswer"]
    assert set(scene["properties"]["kind"]["enum"]) == set(SceneKind) - {SceneKind.SOURCES}


def test_every_visual_of_the_curriculum_reads_back_as_it_was() -> None:
    adapter: TypeAdapter[Visual] = TypeAdapter(Visual)
    seen = set()
    for topic in load_curriculum().topics:
        for level in (topic.basic, topic.standard):
            for visual in (level.visual, level.example.visual):
                if visual is not None:
                    seen.add(visual.kind)
                    assert read_back(adapter.dump_python(visual, mode="json")) == visual
    assert seen


def read_back(visual: dict[str, Any]) -> Any:
    scene = {
        "kind": "explanation",
        "title": "t",
        "sentences": [{"text": "s", "source_ids": [], "pause": "none"}],
        "bullets": [],
        "visual": visual,
    }
    return (
        StoryboardAnswer.model_validate(json.loads(json.dumps({"scenes": [scene]})))
        .scenes[0]
        .visual
    )


def test_a_visual_of_no_kind_is_refused() -> None:
    with pytest.raises(ValidationError, match="hologram"):
        read_back({"kind": "hologram"})


@pytest.mark.parametrize("seconds", [60, 120])
def test_the_curriculum_s_storyboards_have_no_faults_and_read_back_as_they_were(
    seconds: int,
) -> None:
    """Both writers are held to one measure."""
    curriculum = load_curriculum()
    writer = CurriculumWriter(curriculum)
    for topic in curriculum.topics:
        grade = topic.grades[1]
        board = writer.write(topic.id, grade, "basketball", seconds)
        answer = StoryboardAnswer.model_validate(json.loads(json.dumps(as_answer(board))))
        sources = frozenset(source.id for source in topic.sources)
        wanted = Wanted(sources, seconds, grade)
        assert storyboard_faults(answer, wanted) == []
        assert to_scenes(answer) == board.taught


def nodes(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a schema and all schemas within it."""
    found = [schema]
    for keyword, value in schema.items():
        if keyword in {"properties", "$defs"}:
            within = list(value.values())
        elif keyword in {"anyOf", "prefixItems"}:
            within = value
        elif keyword == "items" and isinstance(value, dict):
            within = [value]
        else:
            continue
        found += [node for one in within for node in nodes(one)]
    return found
