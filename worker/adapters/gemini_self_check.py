"""What Gemini is asked before the first message: is the model there, and does it do its work?

The description of a model says whether it generates or embeds, and how much; that it answers by a
schema it does not say, and on Vertex AI it says hardly anything. So each model is also given one
question of some twenty tokens: a ten-thousandth of a dollar at the bundled prices, and charged to
nobody, since no request asks for it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from google.genai import types

from worker.adapters.call_retries import TimeBudget
from worker.adapters.gemini_calls import GeminiAccess, GeminiCalls, Inquiry
from worker.adapters.google_http import AccessError
from worker.adapters.prompts import Prompt
from worker.ports import Shortcoming

SELF_CHECK_SECONDS = 25.0
"""For all that one model is asked: less than the preflight gives one check."""

MOST_TOKENS_OF_THE_TRIAL = 16
"""The trial's answer is not read, so it may be cut off; thoughts count, too."""

NO_SUCH_MODEL = 404
NOT_LET_IN = frozenset({400, 401, 403})
"""Gemini answers 400 to a key that is none, before it looks at anything else."""

_TRIAL = Inquiry(
    what="answer by a schema",
    prompt=Prompt("trial", 1, "Answer by the schema."),
    schema={
        "type": "object",
        "properties": {"ready": {"type": "boolean"}},
        "required": ["ready"],
    },
    most_tokens=MOST_TOKENS_OF_THE_TRIAL,
)


@dataclass(frozen=True, slots=True)
class ModelUse:
    """What a model is there for.

    Attributes:
        variable: The setting that names it.
        action: What its description must offer.
        tokens_in: How long a question gets at most.
        tokens_out: How long an answer gets at most; 0 for vectors.
        consequence: What will not happen without it.
    """

    variable: str
    action: str
    tokens_in: int
    tokens_out: int
    consequence: str


async def lacks_of_writer(calls: GeminiCalls, use: ModelUse) -> Sequence[Shortcoming]:
    """Look the writer's model up, and have it answer by a schema.

    Raises:
        NotNowError: Gemini does not answer.
    """
    turns = [types.Content(role="user", parts=[types.Part(text="Are you ready?")])]
    return await _lacks(calls, use, partial(calls.ask, _TRIAL, turns))


async def lacks_of_embedder(
    calls: GeminiCalls, use: ModelUse, config: types.EmbedContentConfig
) -> Sequence[Shortcoming]:
    """Look the embedder's model up, and have one word embedded as passages are.

    A vector of another length than those that are kept is refused as it comes.

    Raises:
        NotNowError: Gemini does not answer.
    """
    return await _lacks(calls, use, partial(calls.embed, ["ready"], config))


async def _lacks(
    calls: GeminiCalls, use: ModelUse, trial: Callable[[TimeBudget], Awaitable[object]]
) -> Sequence[Shortcoming]:
    """Describe, then try: what the description lacks needs no trial."""
    budget = TimeBudget.starting_now(min(calls.seconds, SELF_CHECK_SECONDS))
    try:
        described = await calls.describe(budget)
    except AccessError as error:
        return [_unseen(error, use, calls)]
    lacking = list(_lacks_in(described, use, calls))
    return lacking or await _lacks_by_trial(calls, use, trial(budget))


async def _lacks_by_trial(
    calls: GeminiCalls, use: ModelUse, trial: Awaitable[object]
) -> Sequence[Shortcoming]:
    try:
        await trial
    except AccessError as error:
        if error.status in NOT_LET_IN - {400}:
            return [_unseen(error, use, calls)]
        what = "answer by a schema" if use.tokens_out else "embed a text as it is asked to"
        said = f"model {calls.model} does not {what}: {error.message}"
        return [_of_model(said, use, calls.access)]
    return []


def _lacks_in(described: types.Model, use: ModelUse, calls: GeminiCalls) -> Iterator[Shortcoming]:
    """Compare a description with the use; Vertex AI leaves out what is compared here."""
    actions = described.supported_actions
    if actions is not None and use.action not in actions:
        offers = ", ".join(actions) or "nothing"
        said = f"model {calls.model} offers {offers}, not {use.action}"
        yield _of_model(said, use, calls.access)
    limits = (
        ("takes", described.input_token_limit, use.tokens_in),
        ("writes", described.output_token_limit, use.tokens_out),
    )
    for does, limit, needed in limits:
        if limit is not None and limit < needed:
            said = f"model {calls.model} {does} {limit} tokens at most, {needed} may be needed"
            yield _of_model(said, use, calls.access)


def _unseen(error: AccessError, use: ModelUse, calls: GeminiCalls) -> Shortcoming:
    """Say why a model could not even be looked at."""
    access = calls.access
    if error.status == NO_SUCH_MODEL:
        where = f" in {access.location}" if access.is_on_vertex else ""
        return _of_model(f"Gemini has no model {calls.model}{where}", use, access)
    return Shortcoming(
        variable="GOOGLE_GENAI_USE_VERTEXAI" if access.is_on_vertex else "GEMINI_API_KEY",
        message=error.message,
        consequence=use.consequence,
        mend=_line_to_be_let_in(access),
    )


def _of_model(message: str, use: ModelUse, access: GeminiAccess) -> Shortcoming:
    return Shortcoming(
        variable=use.variable,
        message=message,
        consequence=use.consequence,
        mend=f"name a model in {use.variable} that is listed by: {_line_to_list_models(access)}",
    )


def _line_to_be_let_in(access: GeminiAccess) -> str:
    if access.is_on_vertex:
        return (
            f"gcloud services enable aiplatform.googleapis.com --project={access.project}, and: "
            f"gcloud projects add-iam-policy-binding {access.project} "
            "--member=serviceAccount:WORKER_ACCOUNT --role=roles/aiplatform.user"
        )
    return (
        "gcloud services enable generativelanguage.googleapis.com, and set a key of that project: "
        "gcloud services api-keys create --api-target=service=generativelanguage.googleapis.com"
    )


def _line_to_list_models(access: GeminiAccess) -> str:
    if access.is_on_vertex:
        return "gcloud ai model-garden models list --model-filter=gemini"
    return (
        'curl -H "x-goog-api-key: $GEMINI_API_KEY" '
        "'https://generativelanguage.googleapis.com/v1beta/models?pageSize=1000'"
    )
