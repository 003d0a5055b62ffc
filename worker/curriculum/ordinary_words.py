"""Words that are no misspelling of another one."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

ORDINARY_WORDS_FILE = "ordinary_words.toml"


@cache
def read_ordinary_words() -> str:
    """Return common words that look like words of a topic and mean something else."""
    file = resources.files("worker.curriculum") / ORDINARY_WORDS_FILE
    return str(tomllib.loads(file.read_text(encoding="utf-8"))["words"])
