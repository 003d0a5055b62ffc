"""Reads HTML pages as browsers do, whatever is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from worker.adapters.source_files.reading import ReadFile, refused
from worker.adapters.source_files.stated import stated_in
from worker.lessons.source_errors import Refusal
from worker.lessons.source_text import Block, in_one_line

SAID_ELSEWHERE = frozenset(
    (
        *("script", "style", "template", "noscript", "nav", "header", "footer", "aside", "form"),
        *("button", "select", "svg", "iframe", "object", "video", "audio", "canvas", "dialog"),
        *("annotation", "annotation-xml", "head"),
    )
)
"""Elements that hold no text of the page's own; annotations repeat a formula in another form."""

HEADINGS = {f"h{level}": level for level in range(1, 7)}

INLINE = frozenset(
    (
        *("a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "i", "ins"),
        *("kbd", "label", "mark", "q", "ruby", "s", "samp", "small", "span", "strong", "sub"),
        *("sup", "time", "tt", "u", "var", "wbr", "font", "math", "mi", "mn", "mo", "mrow"),
        *("msup", "msub", "mfrac", "semantics"),
    )
)
"""Elements that do not end the paragraph that they stand in; all others do."""

CELLS = frozenset({"td", "th"})

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def read_html(content: bytes, file: str) -> ReadFile:
    """Read a page's headings and paragraphs: those of its main part, where it marks one.

    Raises:
        SourceRefusedError: It is in another encoding than it says.
    """
    page = LexborHTMLParser(content, encoding=True)
    root = page.css_first("main, [role=main]") or page.css_first("article") or page.body
    blocks = () if root is None else tuple(_Walk().blocks(root))
    if any(_REPLACEMENT in block.text for block in blocks):
        raise refused(
            Refusal.WRONG_ENCODING,
            file,
            "holds bytes that its encoding does not have",
            'save it as UTF-8, with <meta charset="utf-8">',
        )
    return ReadFile(blocks, stated_in(_meta(page)))


def _meta(page: LexborHTMLParser) -> dict[str, str]:
    """Return what the page says about itself."""
    found: dict[str, str] = {}
    title = page.css_first("head > title")
    if title is not None:
        found["title"] = title.text()
    for node in page.css("meta[content]"):
        name = node.attributes.get("name") or node.attributes.get("property") or ""
        found.setdefault(name.lower(), node.attributes["content"] or "")
    for rel, name in (("license", "licence"), ("canonical", "canonical")):
        node_or_none = page.css_first(f"link[rel~={rel}], a[rel~={rel}]")
        if node_or_none is not None:
            found.setdefault(name, _named(node_or_none, rel))
    if page.root is not None:
        found.setdefault("lang", page.root.attributes.get("lang") or "")
    return found


def _named(node: LexborNode, rel: str) -> str:
    """Return what a link is to: for a licence its name, or its address where it has none."""
    address = node.attributes.get("href") or ""
    return address if rel == "canonical" else node.attributes.get("title") or node.text() or address


@dataclass(slots=True)
class _Walk:
    """Gathers inline text until an element ends the paragraph."""

    _parts: list[str] = field(default_factory=list)

    def blocks(self, root: LexborNode) -> Iterator[Block]:
        # A stack of our own: pages nest deeper than Python may call.
        ahead: list[tuple[LexborNode, bool]] = [(root, False)]
        while ahead:
            node, is_end = ahead.pop()
            tag = node.tag or ""
            if node.is_text_node:
                self._parts.append(node.text_content or "")
            elif not node.is_element_node or _is_left_out(node):
                continue
            elif tag == "br":
                self._parts.append(" ")
            elif tag in CELLS:
                self._parts.append(" | " if self._parts and not is_end else " ")
            elif tag not in INLINE:
                yield from self._flush(HEADINGS.get(tag, 0) if is_end else 0)
            if node.is_element_node and not is_end:
                ahead.append((node, True))
                ahead += [(child, False) for child in reversed(list(node.iter(include_text=True)))]

    def _flush(self, level: int) -> Iterator[Block]:
        line = in_one_line("".join(self._parts)).removesuffix(" |")
        self._parts.clear()
        if line:
            yield Block(line, level)


def _is_left_out(node: LexborNode) -> bool:
    attributes = node.attributes
    return (
        node.tag in SAID_ELSEWHERE
        or "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
    )
