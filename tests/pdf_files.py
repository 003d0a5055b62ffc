"""Small PDF files, made as a test needs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pypdf import PdfWriter
from pypdf.generic import (
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
)

_FONT = DictionaryObject(
    {
        NameObject("/Type"): NameObject("/Font"),
        NameObject("/Subtype"): NameObject("/Type1"),
        NameObject("/BaseFont"): NameObject("/Helvetica"),
    }
)


def write_pdf(
    target: Path,
    pages: Sequence[Sequence[str]],
    *,
    outline: Sequence[tuple[str, int]] = (),
    about: Mapping[str, str] | None = None,
    password: str | None = None,
) -> Path:
    """Write a PDF of some pages, each of some lines; a page without lines has a picture's place.

    Args:
        target: Where to.
        pages: Their lines.
        outline: Titles, and the pages (from 0) that they stand on.
        about: Its metadata, such as ``/Title``.
        password: Without which it cannot be opened.
    """
    writer = PdfWriter()
    for lines in pages:
        page = writer.add_blank_page(width=595, height=842)
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): _FONT})}
        )
        stream = DecodedStreamObject()
        shown = "".join(f"({_escaped(line)}) Tj T* " for line in lines)
        stream.set_data(f"BT /F1 12 Tf 14 TL 72 770 Td {shown}ET".encode("latin-1"))
        page[NameObject("/Contents")] = writer._add_object(stream)
    for title, number in outline:
        writer.add_outline_item(title=title, page_number=number)
    if about:
        writer.add_metadata(dict(about))
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    with target.open("wb") as opened:
        writer.write(opened)
    return target


def _escaped(line: str) -> str:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
