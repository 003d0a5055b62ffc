"""How written words are spoken: a list, and what holds for every text."""

# ruff: noqa: RUF001  # signs that look alike are what this is about
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.curriculum.models import statements
from worker.curriculum.reader import load_curriculum
from worker.lessons.spoken_text import spoken_words

SAID = {
    # plain words and numbers are the voice's own business
    "Newton's third law isn't hard.": "Newton's third law isn't hard.",
    "In 1687, 3.5 of 1,000 people cost $20.": "In 1687, 3.5 of 1,000 people cost $20.",
    'She said: "Look!"': 'She said: "Look!"',
    "a well-known H-shaped ball": "a well-known H-shaped ball",
    # formulas
    "F = ma": "F equals ma",
    "F=m·a": "F equals m times a",
    "So a = F/m.": "So a equals F over m.",
    "x² + 2x − 3 = 0": "x squared plus 2x minus 3 equals 0",
    "y³": "y cubed",
    "10⁶ cells": "10 to the power of 6 cells",
    "10⁻³": "10 to the power of minus 3",
    "E=mc²": "E equals mc squared",
    "2 × 3 ≠ 5": "2 times 3 is not equal to 5",
    "v ≈ 3": "v is about 3",
    "x ≥ -2": "x is at least minus 2",
    "√2 < 2": "the square root of 2 is less than 2",
    "2πr": "2 pi r",
    "ΔT": "delta T",
    "b-4": "b minus 4",
    "H₂O and CO₂": "H 2 O and CO 2",
    "A → B": "A gives B",
    "(x²)": "(x squared)",
    # fractions and percent
    "1/2 of it": "one half of it",
    "3/4": "three quarters",
    "5/8": "5 over 8",
    "½": "one half",
    "50% of it": "50 percent of it",
    # units
    "10 N": "10 newtons",
    "10N.": "10 newtons.",
    "1kg": "1 kilogram",
    "40 kg, then": "40 kilograms, then",
    "4 m/s²": "4 meters per second squared",
    "9.8m/s²": "9.8 meters per second squared",
    "20 km/h": "20 kilometers per hour",
    "-5°C": "minus 5 degrees Celsius",
    "a 90° angle": "a 90 degrees angle",
    "3 in": "3 inches",
    "12 cm²": "12 centimeters squared",
    "in a box": "in a box",
    "plan A works": "plan A works",
    # abbreviations
    "e.g. a ball": "for example a ball",
    "(i.e. a push)": "(that is a push)",
    "Dr. Smith": "doctor Smith",
    "cats vs. dogs": "cats versus dogs",
    "balls, bats, etc.": "balls, bats, and so on",
    "salt & pepper": "salt and pepper",
    # signs that are not spoken
    "|x| is big": "x is big",
    "Smile 🙂 now": "Smile now",
}


@pytest.mark.parametrize(("written", "spoken"), SAID.items(), ids=SAID)
def test_a_text_is_spoken_as_a_person_reads_it(written: str, spoken: str) -> None:
    assert " ".join(one.spoken for one in spoken_words(written) if one.spoken) == spoken


@given(st.text())
def test_every_written_word_is_there_in_its_order(text: str) -> None:
    assert [one.written for one in spoken_words(text)] == text.split()


@given(st.text(alphabet=st.characters(whitelist_categories=("Lu", "Ll", "Zs")), max_size=40))
def test_words_of_letters_are_never_lost(text: str) -> None:
    assert all(one.spoken for one in spoken_words(text))


def test_the_curriculum_s_narration_is_spoken_as_it_is_written() -> None:
    """Its writers put signs in words, so that captions and voice agree."""
    for topic in load_curriculum().topics:
        for level in (topic.basic, topic.standard):
            for statement in statements(level):
                said = " ".join(one.spoken for one in spoken_words(statement.say))
                assert said == statement.say
