"""A server that speaks Gemini's REST API on loopback, and fails as a test tells it to.

It takes what the client library's own types know, and refuses every other field as Google does:
a field that our adapter invents fails here. Both addresses of the API are served, the Gemini
API's (with a key) and Vertex AI's (with a token).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from google.genai import types
from pydantic import ValidationError

from tests.protocols.word_vectors import word_vector

KEY = "key-of-the-test"
WRITER = "gemini-3.8-flash"
EMBEDDER = "gemini-embedding-2"

EMBEDDING = frozenset({"batchEmbedContents", "embedContent"})
EMBEDDING_FIELDS = {
    *("model", "content", "taskType", "outputDimensionality", "embedContentConfig"),
}

RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it came in.

    Attributes:
        method: `generateContent`, `streamGenerateContent`, `batchEmbedContents`, or `get`.
        body: The JSON; empty for `get`.
    """

    method: str
    model: str
    body: dict[str, Any]
    headers: Mapping[str, str]

    @property
    def texts(self) -> list[str]:
        """What the turns of the conversation say, first to last."""
        turns = self.body.get("contents", [])
        return ["".join(part["text"] for part in turn["parts"]) for turn in turns]

    @property
    def instructions(self) -> str:
        """What the model is told to do."""
        return "".join(part["text"] for part in self.body["systemInstruction"]["parts"])


Model = Callable[[Call], str]
Line = Callable[["GeminiServer", web.Request, Call], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class GeminiServer:
    """The server, its script and what it was asked.

    Attributes:
        model: Writes the answers of calls that no line of the script is left for.
        script: One line a call, first to last.
        calls: Every call that was let in.
        tokens: Whom Vertex AI's address lets in.
        paths: Of every call that was let in.
        stopped: Set at the end; a call that hangs waits for it.
    """

    model: Model
    script: list[Line] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    url: str = ""
    tokens: frozenset[str] = frozenset()
    paths: list[str] = field(default_factory=list)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Let a call in, then answer it by the script, or as the model."""
        name, _, method = request.match_info["call"].partition(":")
        if request.method == "GET":
            name, method = request.match_info["call"], "get"
        body = await request.json() if request.can_read_body else {}
        call = Call(method, name, body, request.headers)
        is_let_in = self._is_let_in_on_vertex if is_on_vertex(request) else has_key
        refusal = refused(call) if is_let_in(call) else error_response(401, "UNAUTHENTICATED")
        if refusal is not None:
            return refusal
        self.calls.append(call)
        self.paths.append(request.path)
        if self.script:
            return await self.script.pop(0)(self, request, call)
        return await self.answer(request, call)

    def _is_let_in_on_vertex(self, call: Call) -> bool:
        return call.headers.get("Authorization", "").removeprefix("Bearer ") in self.tokens

    async def answer(self, request: web.Request, call: Call) -> web.StreamResponse:
        """Answer as the service does when all is well."""
        if call.method == "get":
            describe = _described_on_vertex if is_on_vertex(request) else _described
            return web.json_response(describe(call.model))
        if call.method in EMBEDDING:
            return web.json_response(_embedded(call.body))
        return await self.send(request, call, said(self.model(call)))

    async def send(
        self, request: web.Request, call: Call, response: dict[str, Any]
    ) -> web.StreamResponse:
        """Send a response whole, or in pieces where it was asked for as a stream."""
        if call.method != "streamGenerateContent":
            return web.json_response(response)
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        for piece in in_pieces(response):
            await stream.write(b"data: " + json.dumps(piece).encode() + b"\r\n\r\n")
        return stream


def said(text: str, reason: str | None = "STOP") -> dict[str, Any]:
    """Return a response that says a text, and how it ended."""
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": [{"text": text}]}}
    if reason:
        candidate["finishReason"] = reason
    return {
        "candidates": [candidate],
        "usageMetadata": {
            "promptTokenCount": 100,
            "candidatesTokenCount": len(text) // 4,
            "thoughtsTokenCount": 7,
        },
    }


def in_pieces(response: dict[str, Any]) -> list[dict[str, Any]]:
    """Cut a response in two, as a stream sends it: its end comes with the last piece."""
    candidates = response.get("candidates") or [{}]
    parts = candidates[0].get("content", {}).get("parts")
    if not parts:
        return [response]
    text = parts[0]["text"]
    first, rest = text[: len(text) // 2], text[len(text) // 2 :]
    begun = {"candidates": [{"content": {"role": "model", "parts": [{"text": first}]}}]}
    ended = {**candidates[0], "content": {"role": "model", "parts": [{"text": rest}]}}
    return [begun, {**response, "candidates": [ended]}]


# -- what the service refuses ------------------------------------------------------------------


def is_on_vertex(request: web.Request) -> bool:
    """Tell whether it is Vertex AI's address that is called."""
    return "/publishers/google/models/" in request.path


def has_key(call: Call) -> bool:
    """Tell whether a call bears the key."""
    return call.headers.get("x-goog-api-key") == KEY


def refused(call: Call) -> web.Response | None:
    """Refuse an unknown model, and a body with a field that the API has not."""
    if call.model not in {WRITER, EMBEDDER}:
        return error_response(404, "NOT_FOUND")
    try:
        check_body(call)
    except (ValidationError, ValueError, KeyError, TypeError) as error:
        return error_response(400, "INVALID_ARGUMENT", why=str(error)[:2000])
    return None


def check_body(call: Call) -> None:
    """Hold a body to the types that the client package ships; each forbids unknown fields.

    Raises:
        ValueError: A field, or a keyword of a schema, is none of the API's.
    """
    if call.method == "get":
        return
    if call.method in EMBEDDING:
        for one in call.body.get("requests", [call.body]):
            config = one.get("embedContentConfig", one)
            unknown = (one | config).keys() - EMBEDDING_FIELDS
            if unknown:
                raise ValueError(f"no such fields: {sorted(unknown)}")
            types.Content.model_validate(one["content"])
        return
    body = dict(call.body)
    for turn in body.pop("contents"):
        types.Content.model_validate(turn)
    types.Content.model_validate(body.pop("systemInstruction"))
    config = types.GenerationConfig.model_validate(body.pop("generationConfig"))
    for setting in body.pop("safetySettings"):
        types.SafetySetting.model_validate(setting)
    if body:
        raise ValueError(f"no such fields: {sorted(body)}")
    check_schema(config.response_json_schema)


def check_schema(schema: Any) -> None:
    """Hold a JSON schema, and all within it, to the keywords that the client package knows."""
    types.JSONSchema.model_validate(schema)


def error_response(
    code: int, status: str, *, why: str = "no", wait: str = "", retry_after: str = ""
) -> web.Response:
    """Return an error in the form of Google's APIs."""
    details = [{"@type": RETRY_INFO, "retryDelay": wait}] if wait else []
    headers = {"Retry-After": retry_after} if retry_after else {}
    error = {"code": code, "status": status, "message": why, "details": details}
    return web.json_response({"error": error}, status=code, headers=headers)


def _described(model: str) -> dict[str, Any]:
    methods = ["embedContent"] if model == EMBEDDER else ["generateContent", "countTokens"]
    return {
        "name": f"models/{model}",
        "displayName": model,
        "inputTokenLimit": 1_048_576,
        "outputTokenLimit": 65_536,
        "supportedGenerationMethods": methods,
    }


def _described_on_vertex(model: str) -> dict[str, Any]:
    """Vertex AI says nothing of methods and limits."""
    return {
        "name": f"publishers/google/models/{model}",
        "versionId": "default",
        "launchStage": "GA",
    }


def _embedded(body: dict[str, Any]) -> dict[str, Any]:
    """Embed by words; the vectors are of no particular length, as those that are cut are.

    Vertex AI takes a single text by another call, and has its settings in an object of their own.
    """
    vectors = []
    for one in body.get("requests", [body]):
        config = one.get("embedContentConfig", one)
        vector = word_vector(one["content"]["parts"][0]["text"], config["outputDimensionality"])
        vectors.append({"values": [3.0 * value for value in vector]})
    return {"embeddings": vectors} if "requests" in body else {"embedding": vectors[0]}


# -- lines of a script -------------------------------------------------------------------------


def fails(code: int, status: str, *, wait: str = "", retry_after: str = "") -> Line:
    """Answer with an error."""

    async def line(_: GeminiServer, __: web.Request, ___: Call) -> web.StreamResponse:
        return error_response(code, status, wait=wait, retry_after=retry_after)

    return line


def answers(response: dict[str, Any]) -> Line:
    """Answer with a response of the API, whatever is in it."""

    async def line(server: GeminiServer, request: web.Request, call: Call) -> web.StreamResponse:
        return await server.send(request, call, response)

    return line


def says(text: str, reason: str | None = "STOP") -> Line:
    """Answer with a text."""
    return answers(said(text, reason))


async def hangs(server: GeminiServer, _: web.Request, __: Call) -> web.StreamResponse:
    """Never answer."""
    await server.stopped.wait()
    return web.Response(status=503)


async def cuts(_: GeminiServer, request: web.Request, __: Call) -> web.StreamResponse:
    """Drop the connection without a word."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def says_half(server: GeminiServer, request: web.Request, call: Call) -> web.StreamResponse:
    """Send half of the bytes that were promised, then drop the connection."""
    whole = json.dumps(said(server.model(call))).encode()
    half = web.StreamResponse(headers={"Content-Length": str(len(whole))})
    await half.prepare(request)
    await half.write(b"data: " * (call.method != "generateContent") + whole[: len(whole) // 2])
    assert request.transport is not None
    request.transport.abort()
    return half


async def ends_early(server: GeminiServer, request: web.Request, call: Call) -> web.StreamResponse:
    """End well after the first piece: an answer that never says how it ended."""
    first = in_pieces(said(server.model(call)))[0]
    return await server.send(request, call, first)


async def says_no_json(_: GeminiServer, __: web.Request, ___: Call) -> web.StreamResponse:
    """Answer as a proxy's error page does."""
    return web.Response(text="<html>Sorry</html>", content_type="application/json")


@asynccontextmanager
async def gemini_server(model: Model) -> AsyncIterator[GeminiServer]:
    """Serve until the end of the block."""
    server = GeminiServer(model)
    app = web.Application(client_max_size=1 << 26)
    vertex = "/v1beta1/projects/{project}/locations/{location}/publishers/google/models/{call}"
    looked_up_on_vertex = "/v1beta1/publishers/google/models/{call}"
    for path in ("/v1/models/{call}", vertex, looked_up_on_vertex):
        app.router.add_route("*", path, server.handle)
    async with TestServer(app) as listening:
        server.url = f"http://{listening.host}:{listening.port}"
        try:
            yield server
        finally:
            server.stopped.set()
