"""Messages: what is accepted, what is refused, and that no refusal quotes the student."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.lessons.errors import MalformedMessageError
from worker.lessons.message_schema import message_schema
from worker.lessons.request import (
    LONGEST_ID,
    SCHEMA_VERSION,
    LessonRequest,
    Modality,
    RequestMessage,
    parse_message,
)

ID = "0b9f1c52-7f0a-4ad5-9a3b-0d6c3c6f7a11"
GOOD = {
    "request_id": ID,
    "correlation_id": "correlation-1",
    "student_id": "student-1",
    "student_query": "Explain gravity",
    "grade_level": 10,
}
SCHEMA_FILE = Path(__file__).parents[3] / "docs" / "message.schema.json"


def parse(changes: dict[str, Any] | None = None, **attributes: str) -> RequestMessage:
    body = GOOD | (changes or {})
    return parse_message(json.dumps(body).encode(), attributes, "dev")


def refusal(data: bytes, attributes: dict[str, str] | None = None) -> MalformedMessageError:
    with pytest.raises(MalformedMessageError) as caught:
        parse_message(data, attributes or {}, "dev")
    return caught.value


def faults(changes: dict[str, Any], **attributes: str) -> list[str]:
    """Return the names of the fields that a changed message is refused for."""
    error = refusal(json.dumps(GOOD | changes).encode(), attributes)
    return [reason.partition(":")[0] for reason in error.reasons]


def test_a_message_of_required_fields_asks_for_a_video_in_english() -> None:
    message = parse()
    assert message.request_id == UUID(ID)
    assert message.student_query == "Explain gravity"
    assert message.grade_level == 10
    assert message.requested_modalities == (Modality.VIDEO,)
    assert message.language == "en"
    assert message.interest is None


def test_unknown_fields_are_ignored() -> None:
    assert parse({"mood": "curious"}) == parse()


def test_a_byte_order_mark_is_no_fault() -> None:
    data = b"\xef\xbb\xbf" + json.dumps(GOOD).encode()
    assert parse_message(data, {}, "dev") == parse()


@pytest.mark.parametrize("grade", [1, 12, "1", "12", " 10 "])
def test_a_grade_is_a_whole_number_or_the_same_as_text(grade: object) -> None:
    assert parse({"grade_level": grade}).grade_level == int(str(grade))


@pytest.mark.parametrize(
    "grade", [0, 13, -1, "0", "13", "ten", "", "²", "1" * 5000, 10.5, 10.0, True, None, [10]]
)
def test_any_other_grade_is_refused(grade: object) -> None:
    assert faults({"grade_level": grade}) == ["grade_level"]


@pytest.mark.parametrize("length", [3, 500])
def test_a_query_has_3_to_500_characters(length: int) -> None:
    assert len(parse({"student_query": "q" * length}).student_query) == length


@pytest.mark.parametrize("query", ["", "qq", "q" * 501, " " * 20, "  qq  ", 7, None])
def test_any_other_query_is_refused(query: object) -> None:
    assert faults({"student_query": query}) == ["student_query"]


def test_spaces_around_a_text_do_not_count() -> None:
    message = parse({"correlation_id": "  c  ", "student_query": "  why  "})
    assert (message.correlation_id, message.student_query) == ("c", "why")


@pytest.mark.parametrize("field", GOOD)
def test_every_missing_field_is_named(field: str) -> None:
    error = refusal(json.dumps({k: v for k, v in GOOD.items() if k != field}).encode())
    assert error.reasons == (f"{field}: Field required",)


@pytest.mark.parametrize("request_id", ["", "zzz", ID[:-1], 5, None])
def test_a_request_id_is_a_uuid(request_id: object) -> None:
    assert faults({"request_id": request_id}) == ["request_id"]


@pytest.mark.parametrize(
    ("field", "longest"), [("correlation_id", 64), ("student_id", 100), ("organization_id", 100)]
)
def test_an_id_has_a_longest_length(field: str, longest: int) -> None:
    assert getattr(parse({field: "x" * longest}), field) == "x" * longest
    assert faults({field: "x" * (longest + 1)}) == [field]


@pytest.mark.parametrize("field", ["correlation_id", "student_id", "organization_id"])
@pytest.mark.parametrize("text", ["a\0b", "a\nb", "a\x1b[2Jb", "a\ud800b"])
def test_an_id_that_no_database_or_log_can_hold_is_refused(field: str, text: str) -> None:
    assert faults({field: text}) == [field]


@pytest.mark.parametrize("field", ["correlation_id", "student_id"])
def test_an_empty_id_is_refused(field: str) -> None:
    assert faults({field: "   "}) == [field]


def test_an_unknown_modality_is_refused() -> None:
    assert faults({"requested_modalities": ["video", "hologram"]}) == ["requested_modalities.1"]
    assert faults({"preferred_modality": "hologram"}) == ["preferred_modality"]
    assert faults({"requested_modalities": []}) == ["requested_modalities"]


@pytest.mark.parametrize("minutes", [0.7, 6, "NaN", "long"])
def test_a_length_that_no_lesson_may_have_is_refused(minutes: object) -> None:
    assert faults({"duration_minutes": minutes}) == ["duration_minutes"]


@pytest.mark.parametrize("language", ["", "e", "english", "en_US"])
def test_a_language_is_a_language_tag(language: str) -> None:
    assert parse({"language": "pt-BR"}).language == "pt-BR"
    assert faults({"language": language}) == ["language"]


def test_a_message_for_another_environment_is_refused_wherever_it_says_so() -> None:
    assert faults({}, environment="prod") == ["environment"]
    assert faults({"environment": "prod"}) == ["environment"]


def test_the_attribute_decides_where_attribute_and_body_name_an_environment() -> None:
    assert parse({"environment": "prod"}, environment="dev").environment == "prod"


def test_an_environment_that_nobody_knows_is_refused() -> None:
    assert faults({"environment": "qa"}) == ["environment", "environment"]


def test_a_message_without_an_environment_is_meant_for_any() -> None:
    assert parse().environment is None


@pytest.mark.parametrize("version", ["2", "", "0", "11", "v1"])
def test_another_schema_version_is_refused(version: str) -> None:
    assert faults({}, schema_version=version) == ["schema_version"]


@pytest.mark.parametrize("version", [SCHEMA_VERSION, f"{SCHEMA_VERSION}.7"])
def test_a_later_minor_version_is_read(version: str) -> None:
    assert parse({}, schema_version=version) == parse()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "data: not JSON (Expecting value at line 1, column 1)"),
        (b'{"a": ', "data: not JSON (Expecting value at line 1, column 7)"),
        (b"\x80", "data: not UTF-8 text"),
        (json.dumps(GOOD).encode("utf-16"), "data: not UTF-8 text"),
        (b"[]", "data: JSON, but not an object"),
        (b'"text"', "data: JSON, but not an object"),
        (b"null", "data: JSON, but not an object"),
        (b"[" * 200_000, "data: JSON nested too deeply"),
        (b'{"a":' * 200_000, "data: JSON nested too deeply"),
        (b'{"grade_level": %s}' % (b"1" * 5000), "data: JSON with a number too long to read"),
    ],
)
def test_data_that_is_no_json_object_is_refused_with_one_reason(data: bytes, reason: str) -> None:
    error = refusal(data)
    assert error.reasons == (reason,)
    assert (error.request_id, error.correlation_id) == (None, None)


def test_all_faults_come_in_one_error() -> None:
    assert faults(
        {
            "request_id": "no uuid",
            "student_query": "?",
            "grade_level": "ten",
            "requested_modalities": ["hologram"],
        },
        environment="prod",
        schema_version="2",
    ) == [
        "request_id",
        "student_query",
        "grade_level",
        "requested_modalities.0",
        "requested_modalities",
        "environment",
        "schema_version",
    ]


def test_a_refused_message_keeps_the_ids_that_could_be_read() -> None:
    error = refusal(json.dumps(GOOD | {"grade_level": 13, "correlation_id": " c "}).encode())
    assert (error.request_id, error.correlation_id) == (UUID(ID), "c")


@pytest.mark.parametrize("unusable", [5, None, "", "x" * (LONGEST_ID + 1), "a\0b", "a\ud800b"])
def test_an_id_that_cannot_be_kept_is_none(unusable: object) -> None:
    error = refusal(json.dumps({"request_id": unusable, "correlation_id": unusable}).encode())
    assert (error.request_id, error.correlation_id) == (None, None)


@pytest.mark.parametrize("name", ["environment", "schema_version"])
def test_a_foreign_attribute_is_quoted_in_part_only(name: str) -> None:
    error = refusal(json.dumps(GOOD).encode(), {name: "é" * 1000})
    assert len(str(error)) < 2 * LONGEST_ID + 100


# No reason contains it, so that finding it can only mean quoting.
MARK = "§"
STUDENT_TEXT = st.text(max_size=600).map(lambda text: f"{MARK}{text}{MARK}")
FOREIGN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(codec="ascii"), max_size=120),
    st.just(ID),
)


@given(
    query=STUDENT_TEXT,
    interest=STUDENT_TEXT,
    rest=st.dictionaries(
        st.sampled_from(
            [
                "request_id",
                "correlation_id",
                "student_id",
                "grade_level",
                "duration_minutes",
                "requested_modalities",
                "language",
                "environment",
            ]
        ),
        FOREIGN,
    ),
    cut=st.integers(0, 80) | st.none(),
)
def test_no_refusal_quotes_the_query_or_the_interest(
    query: str, interest: str, rest: dict[str, object], cut: int | None
) -> None:
    body = GOOD | rest | {"student_query": query, "interest": interest, "grade_level": 13}
    error = refusal(json.dumps(body).encode()[: None if cut is None else -cut])
    for text in (str(error), repr(error), repr(error.args)):
        assert MARK not in text
        assert r"\u00a7" not in text


@given(query=STUDENT_TEXT, interest=STUDENT_TEXT, wrong=st.sampled_from(["query", "interest"]))
def test_no_refusal_of_the_query_or_the_interest_itself_quotes_it(
    query: str, interest: str, wrong: str
) -> None:
    long = MARK * 600
    body = GOOD | {
        "student_query": long if wrong == "query" else query,
        "interest": long if wrong == "interest" else interest,
    }
    assert MARK not in str(refusal(json.dumps(body, ensure_ascii=False).encode()))


def test_a_parsed_message_never_shows_what_the_student_wrote() -> None:
    message = parse({"student_query": "why do I fall", "interest": "skating"})
    for text in (repr(message), str(message)):
        assert "why do I fall" not in text
        assert "skating" not in text


def test_a_request_never_shows_what_the_student_wrote() -> None:
    request = LessonRequest(
        request_id=UUID(ID),
        correlation_id="correlation-1",
        student_id="student-1",
        organization_id=None,
        query="why do I fall",
        grade_level=8,
        interest="skating",
        language="en",
        duration_seconds=90,
        modalities=(Modality.VIDEO,),
    )
    for text in (repr(request), str(request)):
        assert "why do I fall" not in text
        assert "skating" not in text
        assert "correlation-1" in text


def test_a_message_reads_back_from_its_own_json() -> None:
    message = parse({"interest": "music", "duration_minutes": 1.5, "preferred_modality": "text"})
    assert parse_message(message.model_dump_json().encode(), {}, "dev") == message


def test_the_published_schema_is_the_one_that_messages_are_parsed_by() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == message_schema(), (
        "write it anew: python -m worker.lessons.message_schema > docs/message.schema.json"
    )


def test_the_published_schema_takes_a_grade_as_number_or_text() -> None:
    grade = json.loads(message_schema())["properties"]["grade_level"]
    assert [form["type"] for form in grade["anyOf"]] == ["integer", "string"]
