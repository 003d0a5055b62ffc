"""Languages, as their BCP 47 tags name them."""

from __future__ import annotations

LESSON_LANGUAGE = "en"
"""What lessons are written and spoken in: the language of the bundled curriculum."""


def tongue_of(tag: str) -> str:
    """Return the language of a tag without its region: `pt-BR` is `pt`."""
    return tag.partition("-")[0].lower()
