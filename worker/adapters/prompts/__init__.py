"""The instructions that the writer's model gets, each a file with a version.

The first line of a file is ``<!-- version: N -->``. Raise N with every change: version and text
enter the writer's identity, and with it the key of every checkpoint that it fills.

Instructions hold no data. What a student wrote, sources and the task's facts are sent beside
them, in blocks that `data_block` delimits.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_FIRST_LINE = re.compile(r"<!-- version: ([1-9][0-9]*) -->")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One file of instructions."""

    name: str
    version: int
    text: str


@cache
def read_prompt(name: str) -> Prompt:
    """Read ``NAME.md``.

    Raises:
        ValueError: Its first line names no version.
    """
    line, _, text = (files(__name__) / f"{name}.md").read_text("utf-8").partition("\n")
    version = _FIRST_LINE.fullmatch(line)
    if version is None:
        raise ValueError(f"the prompt {name} names no version in its first line")
    return Prompt(name, int(version[1]), text.strip())


def data_block(name: str, value: object) -> str:
    """Write data as JSON between tags, so that nothing in it reads as an instruction.

    No text can end its block: ``<``, ``>`` and ``&`` are written as escapes.
    """
    written = json.dumps(value, ensure_ascii=False, indent=1)
    for sign in "<>&":
        written = written.replace(sign, f"\\u{ord(sign):04x}")
    return f"<{name}>\n{written}\n</{name}>"
