"""`ingest`: files become passages that lessons may rest on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.commands.conftest import Terminal
from tests.pdf_files import write_pdf
from tests.platform import ORGANIZATION, Platform
from tests.protocols import gemini_server as gemini
from tests.protocols.passage_model import PassageModel
from worker.commands.exit_codes import ExitCode

LICENCE = ("--licence", "CC0 1.0")
COUNT = "SELECT count(*) FROM source_passages"

VOLCANOES = """---
licence: CC BY 4.0
author: Ada Lee
---
# Volcanoes

Magma rises through cracks in the crust.

## Lava

Lava cools and turns into basalt.
"""


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """A folder with a file of each kind."""
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "a.md").write_text(VOLCANOES)
    (folder / "b.html").write_text("<h1>Tides</h1><p>The Moon pulls at the oceans.</p>")
    write_pdf(folder / "c.pdf", [["Granite cools slowly under the ground."]])
    return folder


@pytest.fixture
async def gemini_api() -> AsyncIterator[gemini.GeminiServer]:
    async with gemini.gemini_server(PassageModel()) as serving:
        yield serving


@pytest.fixture
def with_gemini(terminal: Terminal, gemini_api: gemini.GeminiServer) -> Terminal:
    """A terminal whose settings name Gemini."""
    terminal.environ |= {
        "WORKER_WRITER": "gemini",
        "GEMINI_API_KEY": gemini.KEY,
        "GOOGLE_GEMINI_BASE_URL": gemini_api.url,
    }
    return terminal


async def test_files_of_every_kind_are_kept_with_their_attribution(
    terminal: Terminal, platform: Platform, texts: Path
) -> None:
    said = await terminal.run("ingest", texts, *LICENCE, "--json")
    assert said.code is ExitCode.DONE
    assert [(one["outcome"], one["passages"]) for one in said.body["documents"]] == [
        ("added", 2),
        ("added", 1),
        ("added", 1),
    ]
    rows = await platform.rows(
        "SELECT title, licence, attribution, origin FROM source_documents ORDER BY origin"
    )
    assert tuple(rows[0]) == ("Volcanoes", "CC0 1.0", "Ada Lee", (texts / "a.md").as_posix())
    assert [row.title for row in rows] == ["Volcanoes", "Tides", "c"]
    assert "WORKER_WRITER=gemini" in said.body["no_vectors"]


async def test_the_same_files_change_nothing_and_a_changed_one_is_replaced(
    terminal: Terminal, platform: Platform, texts: Path
) -> None:
    await terminal.run("ingest", texts, *LICENCE)
    before = await platform.rows("SELECT id FROM source_passages ORDER BY id")
    again = await terminal.run("ingest", texts, *LICENCE, "--json")
    assert {one["outcome"] for one in again.body["documents"]} == {"unchanged"}
    assert await platform.rows("SELECT id FROM source_passages ORDER BY id") == before
    (texts / "a.md").write_text(VOLCANOES + "\n## Ash\n\nAsh falls far away.\n")
    changed = await terminal.run("ingest", texts / "a.md", *LICENCE, "--json")
    assert [(one["outcome"], one["passages"]) for one in changed.body["documents"]] == [
        ("replaced", 3)
    ]
    assert (await platform.rows(COUNT))[0][0] == 5


async def test_files_that_cannot_be_used_are_named_and_the_others_are_kept(
    terminal: Terminal, platform: Platform, texts: Path
) -> None:
    (texts / "broken.pdf").write_bytes(b"%PDF-1.7 and no more")
    (texts / "empty.md").touch()
    said = await terminal.run("ingest", texts, texts / "gone.md")
    assert said.code is ExitCode.OWN_FAULT
    assert (await platform.rows(COUNT))[0][0] == 2, "the one that names a licence itself"
    for name, hint in (
        ("b.html", "--licence"),
        ("broken.pdf", "save it anew"),
        ("empty.md", "is empty"),
        ("gone.md", "is not there"),
    ):
        assert any(name in line and hint in line for line in said.err.splitlines())
    assert "files kept: 1, refused: 5" in said.out


async def test_two_files_of_one_address_are_not_taken_for_one_text(
    terminal: Terminal, tmp_path: Path
) -> None:
    for name in ("a.md", "b.md"):
        page = f"---\nurl: https://example.org\n---\nThis is the text of {name}, for once."
        (tmp_path / name).write_text(page)
    said = await terminal.run("ingest", tmp_path, *LICENCE, "--json")
    assert said.code is ExitCode.OWN_FAULT
    assert [one["reason"] for one in said.body["refused"]] == ["given_twice"]


async def test_a_text_may_belong_to_one_organization(
    terminal: Terminal, platform: Platform, texts: Path
) -> None:
    alien = await terminal.run("ingest", texts, *LICENCE, "--organization", "nobody")
    assert (alien.code, alien.err.strip()) == (ExitCode.USAGE, "no organization nobody")
    await platform.add_request()
    said = await terminal.run("ingest", texts / "a.md", "--organization", ORGANIZATION)
    assert said.code is ExitCode.DONE
    (row,) = await platform.rows("SELECT organization_id FROM source_documents")
    assert row[0] == ORGANIZATION


async def test_what_is_said_of_one_text_is_not_taken_for_many(
    terminal: Terminal, texts: Path
) -> None:
    for paths in ((texts,), (texts / "a.md", texts / "b.html")):
        with pytest.raises(SystemExit) as caught:
            await terminal.run("ingest", *paths, "--title", "A Book")
        assert caught.value.code == ExitCode.USAGE


async def test_every_passage_is_embedded_once(
    with_gemini: Terminal, gemini_api: gemini.GeminiServer, texts: Path
) -> None:
    said = await with_gemini.run("ingest", texts, *LICENCE, "--json")
    assert (said.code, said.body["embedded"], said.body["no_vectors"]) == (ExitCode.DONE, 4, None)
    asked = len(gemini_api.calls)
    again = await with_gemini.run("ingest", texts, *LICENCE, "--json")
    assert (again.body["embedded"], len(gemini_api.calls)) == (0, asked)


async def test_what_could_not_be_embedded_is_kept_and_embedded_the_next_time(
    with_gemini: Terminal, gemini_api: gemini.GeminiServer, texts: Path
) -> None:
    gemini_api.script = [gemini.fails(403, "PERMISSION_DENIED")]
    said = await with_gemini.run("ingest", texts, *LICENCE, "--json")
    assert said.code is ExitCode.PREFLIGHT_UNREACHABLE
    assert len(said.body["documents"]) == 3
    assert said.body["no_vectors"]
    again = await with_gemini.run("ingest", texts, *LICENCE, "--json")
    assert (again.code, again.body["embedded"]) == (ExitCode.DONE, 4)
