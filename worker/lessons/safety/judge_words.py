"""Judges a question by word lists: what it must not hold, before a writer reads it.

The lists are a data file, so that who works with children can read and mend them. They know
English and some Spanish; what they do not know is left to the writer and its filters.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from worker.lessons.digest import digest_of
from worker.lessons.safety.harm import Harm
from worker.lessons.safety.phrases import compiled, spellings

LISTS = "word_lists.toml"


@dataclass(frozen=True, slots=True)
class WordLists:
    """What questions are compared with.

    Attributes:
        harmful: The phrases of each harm, worst first.
        harmless: What is taken out of a question before.
        identity: The digest of the file: other lists, another judgement.
    """

    harmful: Mapping[Harm, tuple[re.Pattern[str], ...]]
    harmless: tuple[re.Pattern[str], ...]
    identity: str

    def judge(self, query: str) -> Harm | None:
        """Return the worst that a question speaks of; None for nothing of the kind."""
        forms = [self._without_harmless(form) for form in spellings(query)]
        for harm, phrases in self.harmful.items():
            if any(phrase.search(form) for phrase in phrases for form in forms):
                return harm
        return None

    def _without_harmless(self, form: str) -> str:
        for phrase in self.harmless:
            form = phrase.sub(" ", form)
        return form


@cache
def read_word_lists() -> WordLists:
    """Read the bundled lists.

    Raises:
        WordListError: A phrase cannot be used.
    """
    content = (files(__package__) / LISTS).read_text("utf-8")
    table = tomllib.loads(content)
    groups = table["groups"]
    harmful = {
        harm: compiled(
            (one for rule in table["rules"] if rule["harm"] == harm for one in rule["phrases"]),
            groups,
        )
        for harm in Harm
    }
    return WordLists(harmful, compiled(table["harmless"]["phrases"], groups), digest_of(content))
