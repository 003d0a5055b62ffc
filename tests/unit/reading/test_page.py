"""The page to read has what a textbook's page has, escaped, in HTML and in Markdown."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from worker.adapters.curriculum_writer import CurriculumWriter
from worker.curriculum.reader import load_curriculum
from worker.layout.palettes import DARK_PAGES, LIGHT_PAGES
from worker.layout.theme import contrast_ratio
from worker.lessons.request import MAX_DURATION_SECONDS
from worker.lessons.storyboard import Scene, SceneKind, Sentence, Source, Storyboard
from worker.reading.page import LONGEST_PASSAGE, ReadingPage, compose_page
from worker.reading.pages import escape_markdown, link_to, write_html, write_markdown
from worker.reading.pictures import draw_pictures

WRITER = CurriculumWriter(load_curriculum())
EVIL = """<script>alert('x')</script> & "quotes" *stars* [link](javascript:x)"""


@pytest.fixture(scope="module")
def board() -> Storyboard:
    return WRITER.write("newtons-third-law", 10, "basketball", MAX_DURATION_SECONDS)


@pytest.fixture(scope="module")
def page(board: Storyboard) -> ReadingPage:
    return compose_page(board, draw_pictures(board))


class Outline(HTMLParser):
    """Collects what a test asks of an HTML file."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note what is read."""
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of all tags of a name."""
        return [attributes for name, attributes in self.tags if name == tag]


def said(board: Storyboard) -> list[str]:
    return [sentence.text for scene in board.scenes for sentence in scene.sentences]


def test_nothing_that_the_lesson_says_is_lost(board: Storyboard, page: ReadingPage) -> None:
    html = Outline(write_html(page)).text
    markdown = write_markdown(page)
    for text in said(board):
        assert text in html
        assert escape_markdown(text) in markdown


def test_a_page_has_words_example_misconception_questions_and_sources(page: ReadingPage) -> None:
    assert [one.term for one in page.definitions] == ["force", "force pair", "acceleration"]
    assert {"explanation", "analogy", "worked_example", "misconception"} <= {
        section.kind for section in page.sections
    }
    assert page.questions
    assert page.takeaways is not None
    assert all(source.licence for source in page.sources)


def test_no_passage_is_a_wall_of_text(page: ReadingPage, board: Storyboard) -> None:
    spoken = [len(passage.sentences) for one in page.sections for passage in one.passages]
    assert max(spoken) <= LONGEST_PASSAGE
    assert any(len(scene.sentences) > LONGEST_PASSAGE for scene in board.scenes)


def test_a_definition_is_told_once(page: ReadingPage) -> None:
    html = Outline(write_html(page)).text
    for one in page.definitions:
        assert html.count(one.meaning.text) == 1


def test_the_html_is_complete_in_itself(page: ReadingPage) -> None:
    """No script, no sheet, no font and no picture comes from anywhere."""
    outline = Outline(write_html(page))
    assert not outline.all("script")
    assert not outline.all("link")
    addresses = [one.get("src") or one.get("srcset") for _, one in outline.tags]
    assert all(one.startswith("data:image/svg+xml;base64,") for one in addresses if one)
    assert "url(" not in write_html(page)


def test_the_html_has_a_language_a_title_and_headings_in_order(page: ReadingPage) -> None:
    outline = Outline(write_html(page))
    assert outline.all("html") == [{"lang": "en"}]
    headings = [tag for tag, _ in outline.tags if tag in {"h1", "h2", "h3"}]
    assert headings[0] == "h1"
    assert headings.count("h1") == 1
    assert "h3" not in headings
    ids = [one["id"] for _, one in outline.tags if "id" in one]
    assert len(ids) == len(set(ids))
    labelled = {one["aria-labelledby"] for _, one in outline.tags if "aria-labelledby" in one}
    assert labelled <= set(ids)


def test_answers_wait_until_they_are_asked_for(page: ReadingPage) -> None:
    assert len(Outline(write_html(page)).all("details")) == len(page.questions)
    assert write_markdown(page).count("<details>") == len(page.questions)


def test_every_visual_is_a_picture_with_its_description(
    board: Storyboard, page: ReadingPage
) -> None:
    wanted = [scene.visual.description for scene in board.scenes if scene.visual]
    assert [one["alt"] for one in Outline(write_html(page)).all("img")] == wanted
    images = [
        token
        for block in MarkdownIt().parse(write_markdown(page))
        for token in block.children or ()
        if token.type == "image"
    ]
    assert [token.content for token in images] == wanted
    assert [token.attrs["src"] for token in images] == ["picture-1.svg", "picture-2.svg"]


def test_what_was_written_elsewhere_is_text_and_never_markup(board: Storyboard) -> None:
    def spoilt(scene: Scene) -> Scene:
        first, *others = scene.sentences
        return replace(
            scene, title=EVIL, sentences=(Sentence(EVIL, first.source_ids), *others), bullets=()
        )

    bad = replace(
        board,
        title=EVIL,
        objective=EVIL,
        key_terms=(),
        scenes=tuple(spoilt(scene) for scene in board.taught),
        sources=(Source("physics-third-law", EVIL, EVIL, EVIL, EVIL, "javascript:alert(1)"),),
    )
    written = compose_page(bad, {})
    html = write_html(written)
    assert "<script" not in html
    assert "javascript:alert" not in html
    assert EVIL in Outline(html).text
    blocks = MarkdownIt().parse(write_markdown(written))
    inline = [token for block in blocks for token in block.children or ()]
    assert not [one for one in inline if one.type == "html_inline"]
    links = [one.attrs["href"] for one in inline if one.type == "link_open"]
    assert set(links) <= {"#sources"}
    html_blocks = {one.content.strip() for one in blocks if one.type == "html_block"}
    assert all(one.startswith(("<details>", "</details>")) for one in html_blocks)


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("https://openstax.org/a b", "https://openstax.org/a%20b"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("", ""),
        ("https://x.org/<b>", "https://x.org/%3Cb%3E"),
    ],
)
def test_only_an_address_of_the_web_becomes_a_link(address: str, link: str) -> None:
    assert link_to(address) == link


def test_steps_of_the_example_are_numbered_in_markdown(page: ReadingPage) -> None:
    example = next(one for one in page.sections if one.kind == SceneKind.WORKED_EXAMPLE)
    numbered = [f"{number}. " for number in range(1, len(example.passages) + 1)]
    part = write_markdown(page).partition(f"## {example.title}")[2].partition("\n## ")[0]
    assert [line.split()[0] + " " for line in part.splitlines() if line[:1].isdigit()] == numbered


@pytest.mark.parametrize("topic_id", ["adaptations", "cell-structure", "fractions"])
def test_no_page_is_without_a_picture(topic_id: str) -> None:
    board = WRITER.write(topic_id, 5, None, 120)
    pictures = draw_pictures(board)
    assert pictures
    for picture in pictures.values():
        for svg in (picture.light, picture.dark):
            root = ET.fromstring(svg)  # noqa: S314  # our own
            assert root.attrib["aria-label"] == picture.description
            assert len(list(root)) > 3


def test_the_colours_of_every_subject_can_be_read() -> None:
    """What the style sheet sets on what, light and dark (WCAG 2.1, 1.4.3)."""
    for palette in (*LIGHT_PAGES.values(), *DARK_PAGES.values()):
        for surface in (palette.background, palette.card):
            for ink in (palette.ink, palette.muted, palette.accent):
                assert contrast_ratio(ink, surface) >= 4.5
        assert contrast_ratio(palette.ink, palette.highlight) >= 4.5
