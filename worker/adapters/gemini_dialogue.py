"""Asking a model until its answer can be used: first the question, then at most two repairs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

import structlog
from google.genai import types
from pydantic import BaseModel, ValidationError

from worker.adapters.call_retries import TimeBudget
from worker.adapters.gemini_answers import Answer, AnswerEnd
from worker.adapters.gemini_calls import GeminiCalls, Inquiry
from worker.adapters.prompts import data_block, read_prompt
from worker.lessons.errors import AnswerUnusableError, ContentBlockedError

M = TypeVar("M", bound=BaseModel)

MOST_REPAIRS = 2

MOST_FAULTS_NAMED = 20
"""A list that is longer helps nobody, and the model least. (ours)"""


class FaultKind(StrEnum):
    """Why an answer cannot be used."""

    EMPTY = "empty"
    TRUNCATED = "truncated"
    RECITED = "recited"
    NO_JSON = "no_json"
    WRONG_SCHEMA = "wrong_schema"
    OUT_OF_BAND = "out_of_band"


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with one answer.

    Attributes:
        details: One sentence for each fault, for the model. They may quote its answer, and that
            may quote a student: they enter no log and no error.
    """

    kind: FaultKind
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question(Generic[M]):
    """What is asked, and what an answer must be.

    Attributes:
        inquiry: Instructions, schema and limits.
        task: The facts and texts that the answer is made from, delimited.
        answer: The type of an answer.
        judge: Returns a sentence for everything that makes an answer of that type unusable.
    """

    inquiry: Inquiry
    task: str
    answer: type[M]
    judge: Callable[[M], Sequence[str]]


async def ask_until_usable(calls: GeminiCalls, question: Question[M]) -> M:
    """Ask, and have the answer mended where it cannot be used; all within one time budget.

    Raises:
        ContentBlockedError: The filters for minors stopped the question or the answer.
        AnswerUnusableError: The last repair is no better.
        NotNowError: Gemini does not answer.
        AccessError: It answers that it may not.
    """
    budget = TimeBudget.starting_now(calls.seconds)
    turns = [_turn("user", question.task)]
    for repairs in range(MOST_REPAIRS + 1):
        answer = await calls.ask(question.inquiry, turns, budget)
        if answer.end is AnswerEnd.BLOCKED:
            raise ContentBlockedError(
                f"the filters for minors do not let it {question.inquiry.what}"
            )
        read = read_as(question, answer)
        if not isinstance(read, Faults):
            return read
        _warn(question, read, repairs)
        turns += _repair_turns(answer, read)
    raise AnswerUnusableError(
        f"could not {question.inquiry.what}: {MOST_REPAIRS} repairs did not mend the answer",
        "answer_unusable in the log says of what kind the faults are; try another model",
    )


def _warn(question: Question[M], faults: Faults, repairs: int) -> None:
    structlog.get_logger().warning(
        "answer_unusable",
        prompt=question.inquiry.prompt.name,
        kind=faults.kind.value,
        faults=len(faults.details),
        repairs=repairs,
    )


def read_as(question: Question[M], answer: Answer) -> M | Faults:
    """Read an answer as what was asked for, or say what is wrong with it."""
    match answer.end:
        case AnswerEnd.EMPTY:
            return Faults(FaultKind.EMPTY, ("The answer was empty.",))
        case AnswerEnd.TRUNCATED:
            limit = question.inquiry.most_tokens
            said = f"The answer was cut off at the limit of {limit} tokens: say it shorter."
            return Faults(FaultKind.TRUNCATED, (said,))
        case AnswerEnd.RECITED:
            said = "The answer repeated a published text: use your own words."
            return Faults(FaultKind.RECITED, (said,))
    try:
        found = question.answer.model_validate(json.loads(answer.text))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        return Faults(FaultKind.NO_JSON, (f"The answer is no JSON: {error.msg} at {where}.",))
    except ValidationError as error:
        return Faults(FaultKind.WRONG_SCHEMA, tuple(_in_words(error)))
    details = tuple(question.judge(found))
    return Faults(FaultKind.OUT_OF_BAND, details) if details else found


def _in_words(error: ValidationError) -> list[str]:
    return [
        f"{'.'.join(map(str, one['loc']))}: {one['msg']}"
        for one in error.errors(include_url=False, include_context=False)
    ]


def _repair_turns(answer: Answer, faults: Faults) -> list[types.Content]:
    """Return the model's own answer, where it gave one, and what is to be mended in it."""
    named = list(faults.details[:MOST_FAULTS_NAMED])
    mend = f"{read_prompt('repair').text}\n\n{data_block('faults', named)}"
    said = [_turn("model", answer.text)] if answer.text else []
    return [*said, _turn("user", mend)]


def _turn(role: str, text: str) -> types.Content:
    return types.Content(role=role, parts=[types.Part(text=text)])
