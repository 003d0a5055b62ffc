"""An entry is read back as it was written, or not at all."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worker.pipeline.cache_entry import (
    EntryKind,
    EntryName,
    UnusableEntryError,
    read_entry,
    write_entry,
)

NAME = EntryName(EntryKind.SEGMENT, "a" * 64)
BODY = b"\x00\x01\n{}\n" * 500


@pytest.fixture
def entry(tmp_path: Path) -> Path:
    """An entry around BODY."""
    body, entry = tmp_path / "body", tmp_path / "entry"
    body.write_bytes(BODY)
    write_entry(NAME, body, 12.3456, entry)
    return entry


def test_an_entry_gives_its_body_back_and_says_how_long_it_took_to_make(
    entry: Path, tmp_path: Path
) -> None:
    assert read_entry(NAME, entry, tmp_path / "again") == 12.346
    assert (tmp_path / "again").read_bytes() == BODY


def test_an_empty_body_is_a_body(tmp_path: Path) -> None:
    (tmp_path / "body").touch()
    write_entry(NAME, tmp_path / "body", 0.0, tmp_path / "entry")
    assert read_entry(NAME, tmp_path / "entry", tmp_path / "again") == 0.0
    assert (tmp_path / "again").read_bytes() == b""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_flipped_bit_anywhere_makes_an_entry_unusable(
    entry: Path, tmp_path: Path, data: st.DataObject
) -> None:
    content = bytearray(entry.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    _refuses(bytes(content), tmp_path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_truncated_entry_is_unusable(entry: Path, tmp_path: Path, data: st.DataObject) -> None:
    content = entry.read_bytes()
    _refuses(content[: data.draw(st.integers(0, len(content) - 1))], tmp_path)


@pytest.mark.parametrize(
    "other",
    [EntryName(EntryKind.SEGMENT, "b" * 64), EntryName(EntryKind.NARRATION, "a" * 64)],
    ids=["another key", "another kind"],
)
def test_a_whole_entry_under_another_name_is_unusable(
    entry: Path, tmp_path: Path, other: EntryName
) -> None:
    with pytest.raises(UnusableEntryError, match="something else"):
        read_entry(other, entry, tmp_path / "again")
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("header", [b"[]", b"{}", b"no json", b'"x"', b'{"format": 1}', b"\xff"])
def test_a_whole_file_with_a_foreign_header_is_unusable(tmp_path: Path, header: bytes) -> None:
    rest = header + b"\n" + BODY
    _refuses(hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest, tmp_path)


def test_a_file_that_is_no_entry_is_unusable(tmp_path: Path) -> None:
    _refuses(b"\x00\x00\x00\x18ftypisom" * 1000, tmp_path)


def _refuses(content: bytes, folder: Path) -> None:
    (folder / "broken").write_bytes(content)
    with pytest.raises(UnusableEntryError):
        read_entry(NAME, folder / "broken", folder / "again")
    assert not (folder / "again").exists()
