"""`ingest`: takes in texts that lessons may rest on."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from worker.adapters.database.passages import PostgresPassageShelf
from worker.adapters.source_files.files import find_files, read_source
from worker.adapters.source_files.stated import Stated
from worker.bootstrap import open_embedder
from worker.commands.exit_codes import ExitCode
from worker.commands.operating import operate
from worker.commands.printed_json import print_json
from worker.lessons.errors import DependencyUnavailableError, RefusedError
from worker.lessons.source_errors import Refusal, SourceRefusedError
from worker.lessons.source_text import SourceText
from worker.ports import Embedder, EmbeddingPurpose, Kept, PassageShelf
from worker.upkeep import UpkeepResources

EMBEDDED_AT_ONCE = 100
"""Passages in one transaction of vectors: what one call embeds."""


@dataclass(frozen=True, slots=True)
class Ingestion:
    """What is asked for.

    Attributes:
        given: What the operator says about all files; it wins over what they say themselves.
        organization_id: Whose lessons may rest on them; None for everybody's.
    """

    paths: tuple[Path, ...]
    given: Stated
    organization_id: str | None


@dataclass(frozen=True, slots=True)
class _Taken:
    file: str
    text: SourceText
    kept: Kept


@dataclass(slots=True)
class _Report:
    """What became of the files, and of their vectors.

    Attributes:
        no_vectors: Why passages are found by their words alone; None where all have vectors.
    """

    taken: list[_Taken] = field(default_factory=list)
    refused: list[SourceRefusedError] = field(default_factory=list)
    embedded: int = 0
    no_vectors: str | None = None


async def ingest(environ: Mapping[str, str], asked: Ingestion, *, as_json: bool) -> ExitCode:
    """Take in files, and say of each what became of it; one that is refused stops no other."""
    # It warns of every flaw that it reads past: what matters of them is in our own report.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)

    async def work(upkeep: UpkeepResources) -> ExitCode:
        shelf = PostgresPassageShelf(upkeep.engine)
        if asked.organization_id and not await shelf.has_organization(asked.organization_id):
            print(f"no organization {asked.organization_id}", file=sys.stderr)
            return ExitCode.USAGE
        report = _Report()
        await _take_in(asked, shelf, report)
        code = ExitCode.OWN_FAULT if report.refused else ExitCode.DONE
        try:
            await _embed(shelf, open_embedder(upkeep.settings, upkeep.session), report)
        except (DependencyUnavailableError, RefusedError) as error:
            report.no_vectors = f"{error}; {error.hint or 'run ingest again'}"
            code = ExitCode.PREFLIGHT_UNREACHABLE
        if as_json:
            print_json(_described(report))
        else:
            _print(report)
        return code

    return await operate(environ, work)


async def _take_in(asked: Ingestion, shelf: PassageShelf, report: _Report) -> None:
    files_of = dict[str, str]()
    async for file, read in _read(asked):
        if isinstance(read, SourceRefusedError):
            report.refused.append(read)
            continue
        other = files_of.setdefault(read.origin, file)
        if other != file:
            message = f"has the same address as {other}"
            report.refused.append(
                SourceRefusedError(Refusal.GIVEN_TWICE, file, message, "give each its own")
            )
            continue
        kept = await shelf.keep(read, asked.organization_id)
        report.taken.append(_Taken(file, read, kept))


async def _read(asked: Ingestion) -> AsyncIterator[tuple[str, SourceText | SourceRefusedError]]:
    for path in await asyncio.to_thread(lambda: list(find_files(asked.paths))):
        if isinstance(path, SourceRefusedError):
            yield path.file, path
        else:
            yield path.as_posix(), await asyncio.to_thread(_read_one, path, asked.given)


def _read_one(path: Path, given: Stated) -> SourceText | SourceRefusedError:
    try:
        return read_source(path, given)
    except SourceRefusedError as error:
        return error


async def _embed(shelf: PassageShelf, embedder: Embedder | None, report: _Report) -> None:
    """Give every passage a vector that has none, also of texts that were taken in before."""
    if embedder is None:
        report.no_vectors = "no embedding model is configured (WORKER_WRITER=gemini brings one)"
        return
    report.no_vectors = await shelf.prepare_vectors()
    if report.no_vectors is not None:
        return
    while missing := await shelf.without_vectors(embedder.identity, EMBEDDED_AT_ONCE):
        texts = [text for _, text in missing]
        vectors = await embedder.embed(texts, EmbeddingPurpose.PASSAGE)
        ids = [passage_id for passage_id, _ in missing]
        await shelf.keep_vectors(embedder.identity, dict(zip(ids, vectors, strict=True)))
        report.embedded += len(missing)


def _described(report: _Report) -> dict[str, object]:
    return {
        "documents": [
            {
                "file": one.file,
                "outcome": one.kept.keeping,
                "origin": one.kept.origin,
                "passages": one.kept.passages,
                "title": one.text.attribution.title,
                "licence": one.text.attribution.licence,
                "remarks": one.text.remarks,
            }
            for one in report.taken
        ],
        "refused": [
            {"file": one.file, "reason": one.refusal, "message": one.message, "hint": one.hint}
            for one in report.refused
        ],
        "embedded": report.embedded,
        "no_vectors": report.no_vectors,
    }


def _print(report: _Report) -> None:
    for one in report.taken:
        about = one.text.attribution
        as_other = "" if one.kept.origin == one.text.origin else f", known as {one.kept.origin}"
        print(
            f"{one.kept.keeping:<11}{one.file}: {about.title} ({about.licence}), "
            f"passages: {one.kept.passages}{as_other}"
        )
        for remark in one.text.remarks:
            print(f"{'':<11}{remark}")
    for error in report.refused:
        print(f"refused    {error}", file=sys.stderr)
    print(f"files kept: {len(report.taken)}, refused: {len(report.refused)}")
    print(_said_of_vectors(report))


def _said_of_vectors(report: _Report) -> str:
    if report.no_vectors is None:
        return f"passages embedded: {report.embedded}"
    return f"passages are found by their words alone: {report.no_vectors}"


def has_one_file(paths: Sequence[Path]) -> bool:
    """Tell whether what is said of a single text can be meant."""
    return len(paths) == 1 and not paths[0].is_dir()
