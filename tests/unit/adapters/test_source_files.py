"""Files of every kind become blocks, passages and an attribution, or a refusal that says why."""

from __future__ import annotations

from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from tests.pdf_files import write_pdf
from worker.adapters.source_files import files
from worker.adapters.source_files.files import find_files, read_source
from worker.adapters.source_files.stated import Stated
from worker.lessons.source_errors import Refusal, SourceRefusedError
from worker.lessons.source_text import Attribution

OPEN = Stated(licence="CC0 1.0")

MARKDOWN = """---
title: On volcanoes
license: CC BY 4.0
authors: [Ada Lee, Bo Ek]
source: https://example.org/volcanoes
lang: en-GB
grades: 6-8
---
Before any heading stands *this*.

# Volcanoes

A volcano is an **opening** in the crust,
from which [magma](https://example.org) comes.

## Why they erupt

- Magma is less dense than rock.
- Gas pushes it up.

| rock | from |
|------|------|
| basalt | lava |

```
pressure = force / area
```

<div>not read</div>

Setext
------

The end of the text.
"""

READ_AS_LINES = """Magma is less dense than rock.
Gas pushes it up.
rock | from
basalt | lava
pressure = force / area"""

PAGE = """<!doctype html><html lang="en"><head><title>Tides &amp; the Moon</title>
<meta name="author" content="Cy Fox"><meta name="dcterms.license" content="CC BY-SA 4.0">
<link rel="canonical" href="https://example.org/tides"></head>
<body><nav>Home About</nav><script>alert(1)</script>
<main><h1>Tides</h1><p>The Moon <b>pulls</b> at the<br>oceans, and water heaps up.</p>
<div hidden>hidden words</div>
<h2>Twice a day</h2><ul><li>High tide<li>Low tide</ul>
<table><tr><th>tide</th><th>hours</th></tr><tr><td>high</td><td>12</td></tr></table></main>
<footer>Cookies</footer></body></html>"""


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_markdown_is_cut_at_its_headings_and_names_its_own_attribution(tmp_path: Path) -> None:
    read = read_source(write(tmp_path, "v.md", MARKDOWN), Stated())
    assert read.attribution == Attribution(
        "On volcanoes",
        "CC BY 4.0",
        "Ada Lee, Bo Ek",
        "https://example.org/volcanoes",
        "en-GB",
        (6, 8),
    )
    assert read.origin == "https://example.org/volcanoes"
    assert [(one.headings, one.text) for one in read.passages] == [
        ((), "Before any heading stands this."),
        (("Volcanoes",), "A volcano is an opening in the crust, from which magma comes."),
        (
            ("Volcanoes", "Why they erupt"),
            READ_AS_LINES,
        ),
        (("Volcanoes", "Setext"), "The end of the text."),
    ]


def test_what_the_operator_says_wins_over_what_a_file_says(tmp_path: Path) -> None:
    given = Stated(title="Other", licence="CC0 1.0", grades="9", language="de")
    found = read_source(write(tmp_path, "v.md", MARKDOWN), given).attribution
    assert (found.title, found.licence, found.grades, found.language) == (
        "Other",
        "CC0 1.0",
        (9, 9),
        "de",
    )
    assert found.author == "Ada Lee, Bo Ek"


def test_a_title_that_nobody_names_is_the_first_heading_or_the_file_s_name(tmp_path: Path) -> None:
    text = "Some words that a lesson could rest on."
    assert read_source(write(tmp_path, "a.md", f"# Tides\n{text}"), OPEN).attribution.title == (
        "Tides"
    )
    assert read_source(write(tmp_path, "the-sea.md", text), OPEN).attribution.title == "the-sea"


def test_a_page_is_read_without_what_is_around_its_text(tmp_path: Path) -> None:
    read = read_source(write(tmp_path, "t.html", PAGE), Stated())
    assert read.attribution == Attribution(
        "Tides & the Moon", "CC BY-SA 4.0", "Cy Fox", "https://example.org/tides"
    )
    assert [(one.headings, one.text) for one in read.passages] == [
        (("Tides",), "The Moon pulls at the oceans, and water heaps up."),
        (("Tides", "Twice a day"), "High tide\nLow tide\ntide | hours\nhigh | 12"),
    ]


def test_a_page_in_another_encoding_is_read_in_the_one_that_it_names(tmp_path: Path) -> None:
    page = '<meta charset="iso-8859-1"><p>Der Vulkan schläft nicht für immer.</p>'
    read = read_source(write(tmp_path, "v.htm", page.encode("latin-1")), OPEN)
    assert read.passages[0].text == "Der Vulkan schläft nicht für immer."


def test_a_page_that_nests_deeper_than_python_may_call_is_read(tmp_path: Path) -> None:
    deep = "<div>" * 3000 + "A text at the bottom of it all." + "</div>" * 3000
    read = read_source(write(tmp_path, "deep.html", deep), OPEN)
    assert read.passages[0].text == "A text at the bottom of it all."


def test_a_pdf_is_cut_at_its_outline_and_says_on_which_pages(tmp_path: Path) -> None:
    path = write_pdf(
        tmp_path / "rocks.pdf",
        [
            ["Rocks", "Granite cools slow-", "ly under the ground."],
            [],
            ["It has large crystals.", "Basalt", "Basalt cools fast (in air)."],
        ],
        outline=[("Rocks", 0), ("Basalt", 2)],
        about={"/Title": "All about rocks", "/Author": "Di Roe"},
    )
    read = read_source(path, OPEN)
    assert (read.attribution.title, read.attribution.author) == ("All about rocks", "Di Roe")
    assert [(one.headings, one.page, one.text) for one in read.passages] == [
        (("Rocks",), 1, "Granite cools slowly under the ground.\nIt has large crystals."),
        (("Basalt",), 3, "Basalt cools fast (in air)."),
    ]
    assert read.remarks == ("1 of 3 pages have no text: 2",)


def test_a_pdf_that_opens_without_a_password_is_read(tmp_path: Path) -> None:
    path = tmp_path / "open.pdf"
    write_pdf(path, [["A text that only its owner may print."]])
    writer = PdfWriter(clone_from=PdfReader(path))
    writer.encrypt("", owner_password="owner", algorithm="RC4-128")  # noqa: S106  # a test's
    writer.write(path)
    assert read_source(path, OPEN).passages[0].text == "A text that only its owner may print."


def test_the_same_file_has_the_same_digest_and_another_one_another(tmp_path: Path) -> None:
    one, same, other = (
        read_source(write(tmp_path, name, f"# A\nSome text to speak of, {what}."), OPEN).digest
        for name, what in (("a.md", "here"), ("b.md", "here"), ("c.md", "there"))
    )
    assert one == same
    assert one != other


REFUSED: list[tuple[str, str | bytes, Refusal]] = [
    ("empty.md", b"", Refusal.EMPTY),
    ("blank.md", "\n \n", Refusal.EMPTY),
    ("markup.html", "<p><img src=a></p>", Refusal.EMPTY),
    ("headings.md", "# A heading that is long enough\n## And another one", Refusal.NO_TEXT),
    ("latin.md", "für immer und einen Tag, sagte er".encode("latin-1"), Refusal.WRONG_ENCODING),
    ("latin.html", "<p>für immer und einen Tag".encode("latin-1"), Refusal.WRONG_ENCODING),
    ("binary.md", b"PK\x03\x04\x00\x00", Refusal.BINARY),
    ("notes.docx", b"PK\x03\x04", Refusal.UNKNOWN_KIND),
    ("torn.pdf", b"%PDF-1.7\nnothing more", Refusal.DAMAGED),
    ("no.pdf", b"this is no PDF at all", Refusal.DAMAGED),
    ("front.md", "---\ntitle: [\n---\nSome text to speak of, here.", Refusal.BAD_ATTRIBUTION),
    ("grades.md", "---\ngrades: 8-6\n---\nSome text to speak of, here.", Refusal.BAD_ATTRIBUTION),
    ("tag.md", "---\nlang: en glish\n---\nSome text to speak of, here.", Refusal.BAD_ATTRIBUTION),
    (
        "url.md",
        "---\nurl: ftp://example.org\n---\nSome text to speak of, here.",
        Refusal.BAD_ATTRIBUTION,
    ),
]


@pytest.mark.parametrize(("name", "content", "refusal"), REFUSED, ids=[line[0] for line in REFUSED])
def test_a_file_that_cannot_be_used_is_refused_by_name_with_what_to_do(
    tmp_path: Path, name: str, content: str | bytes, refusal: Refusal
) -> None:
    with pytest.raises(SourceRefusedError) as caught:
        read_source(write(tmp_path, name, content), OPEN)
    assert caught.value.refusal is refusal
    assert caught.value.file.endswith(name)
    assert name in str(caught.value)
    assert caught.value.hint in str(caught.value)


def test_a_scanned_and_an_encrypted_pdf_are_refused(tmp_path: Path) -> None:
    scanned = write_pdf(tmp_path / "scan.pdf", [[], []])
    locked = write_pdf(tmp_path / "locked.pdf", [["Secret words."]], password="secret")  # noqa: S106  # a test's
    for path, refusal in ((scanned, Refusal.NO_TEXT), (locked, Refusal.ENCRYPTED)):
        with pytest.raises(SourceRefusedError) as caught:
            read_source(path, OPEN)
        assert caught.value.refusal is refusal


def test_a_file_over_the_limit_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(files.MOST_BYTES, "markdown", 10)
    with pytest.raises(SourceRefusedError, match="split it") as caught:
        read_source(write(tmp_path, "long.md", "more than ten bytes"), OPEN)
    assert caught.value.refusal is Refusal.TOO_LARGE


def test_without_a_licence_it_is_said_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(SourceRefusedError, match="--licence") as caught:
        read_source(write(tmp_path, "a.md", "Some text to speak of, here."), Stated())
    assert caught.value.refusal is Refusal.NO_LICENCE


def test_a_licence_that_wants_the_author_named_is_not_taken_without_one(tmp_path: Path) -> None:
    path = write(tmp_path, "a.md", "Some text to speak of, here.")
    with pytest.raises(SourceRefusedError, match="--author"):
        read_source(path, Stated(licence="CC BY 4.0"))


def test_folders_are_searched_in_order_and_what_is_hidden_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / ".git").mkdir()
    wanted = [
        write(tmp_path, "a.md", "x"),
        write(tmp_path, "b.HTML", "x"),
        write(tmp_path, "sub/c.pdf", "x"),
    ]
    write(tmp_path, ".git/d.md", "x")
    write(tmp_path, "e.txt", "x")
    assert list(find_files([tmp_path, tmp_path / "a.md"])) == wanted


def test_a_path_that_is_not_there_and_a_folder_with_nothing_are_named(tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    found = list(find_files([tmp_path / "gone.md", tmp_path / "nothing"]))
    refusals = [one.refusal for one in found if isinstance(one, SourceRefusedError)]
    assert refusals == [Refusal.NOT_FOUND, Refusal.EMPTY]
