"""What a voice says for a written word: signs, formulas and abbreviations in words.

Captions keep the words as they are written. So every written word has its own spoken words, and
a time for what is spoken is a time for what is written. Plain words and whole numbers are left
to the voice.

The storyboard's writers put mathematics in words themselves; this is for what slips through.
"""

# ruff: noqa: RUF001  # signs that look alike are what this is about
from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """One whitespace-separated word of a sentence.

    Attributes:
        written: As the sentence has it, with its punctuation.
        spoken: What the voice is given for it; empty for a sign that is not spoken.
    """

    written: str
    spoken: str


ABBREVIATIONS = MappingProxyType(
    {
        "approx.": "approximately", "dr.": "doctor", "e.g.": "for example", "eq.": "equation",
        "etc.": "and so on", "fig.": "figure", "i.e.": "that is", "mr.": "mister",
        "mrs.": "missis", "prof.": "professor", "vs.": "versus", "vs": "versus", "w/": "with",
        "w/o": "without",
    }
)  # fmt: skip

UNITS = MappingProxyType(
    {
        "m": "meter", "km": "kilometer", "cm": "centimeter", "mm": "millimeter",
        "nm": "nanometer", "g": "gram", "kg": "kilogram", "mg": "milligram", "s": "second",
        "ms": "millisecond", "min": "minute", "h": "hour", "N": "newton", "J": "joule",
        "kJ": "kilojoule", "W": "watt", "kW": "kilowatt", "Pa": "pascal", "kPa": "kilopascal",
        "V": "volt", "A": "ampere", "Hz": "hertz", "L": "liter", "mL": "milliliter",
        "mol": "mole", "K": "kelvin", "ft": "foot", "in": "inch", "lb": "pound",
    }
)  # fmt: skip
"""Read as units only after a number or a line for "per": "a" and "in" are words, too."""

_PLURALS = MappingProxyType({"foot": "feet", "inch": "inches", "hertz": "hertz"})

_SIGNS = MappingProxyType(
    {
        "=": "equals", "≠": "is not equal to", "≈": "is about", "<": "is less than",
        ">": "is greater than", "≤": "is at most", "≥": "is at least", "+": "plus",
        "−": "minus", "±": "plus or minus", "×": "times", "·": "times", "⋅": "times",
        "*": "times", "÷": "divided by", "/": "over", "→": "gives", "⇌": "is in balance with",
        "⇄": "and back", "∝": "is proportional to", "∞": "infinity", "%": "percent",
        "°": "degrees", "&": "and", "√": "the square root of", "π": "pi", "Δ": "delta",
        "θ": "theta", "λ": "lambda", "μ": "mu", "Ω": "omega", "α": "alpha", "β": "beta",
        "γ": "gamma", "ρ": "rho", "σ": "sigma", "ω": "omega", "½": "one half",
        "⅓": "one third", "⅔": "two thirds", "¼": "one quarter", "¾": "three quarters",
        "^": "to the power of", "|": "", "~": "about",
    }
)  # fmt: skip

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ", "0123456789-+n")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉₋₊", "0123456789-+")
_RAISED = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ]+")
_LOWERED = re.compile(r"[₀₁₂₃₄₅₆₇₈₉₋₊]+")
_POWERS = MappingProxyType({"2": "squared", "3": "cubed"})

_AROUND = re.compile(r"^([(\"'“‘\[]*)(.*?)([)\"'”’\],.;:!?…]*)$", re.DOTALL)
_NUMBER = r"[-−]?\d[\d,]*(?:\.\d+)?"
_QUANTITY = re.compile(rf"({_NUMBER})(°?[A-Za-z]+(?:[²³])?(?:/[A-Za-z]+[²³]?)?)")
_IS_NUMBER = re.compile(rf"{_NUMBER}|[½¼¾⅓⅔]")
_UNIT = re.compile(r"([A-Za-z]+)([²³]?)")
_FRACTION = re.compile(r"(\d+)/(\d+)")
_SCIENTIFIC = re.compile(r"[-−](?=\d)")
_PLAIN = re.compile(r"[A-Za-z0-9À-ÖØ-öø-ÿ'’,.\-–—$€£]*")
_LETTER_MINUS = re.compile(r"(?<=[A-Za-z0-9)²³])[-−](?=[A-Za-z]\b|\d)")
_DIFFERENCE = re.compile(r"[a-z][-−](?:\d+|[a-z])")
_FRACTIONS = MappingProxyType(
    {("1", "2"): "one half", ("1", "3"): "one third", ("2", "3"): "two thirds",
     ("1", "4"): "one quarter", ("3", "4"): "three quarters"}
)  # fmt: skip
_DEGREES = MappingProxyType({"°C": "degrees Celsius", "°F": "degrees Fahrenheit", "°": "degrees"})


def spoken_words(text: str) -> tuple[SpokenWord, ...]:
    """Return the words of a sentence, each with what a voice is to say for it."""
    found: list[SpokenWord] = []
    before = ""
    for word in text.split():
        found.append(SpokenWord(word, _spoken(word, before)))
        before = word
    return tuple(found)


def _spoken(word: str, before: str) -> str:
    """Return the spoken words of one written word; the word before tells units from words."""
    around = _AROUND.match(word)
    opening, core, closing = around.groups() if around else ("", word, "")
    stop = "." if closing.startswith(".") else ""
    known = ABBREVIATIONS.get(f"{core}{stop}".lower())
    if known:
        return f"{opening}{known}{closing.removeprefix(stop)}"
    said = _in_words(core, is_after_number=_IS_NUMBER.fullmatch(before) is not None)
    said = "".join(sign for sign in said if _can_be_said(sign))
    return f"{opening}{said}{closing}" if said else ""


def _can_be_said(sign: str) -> bool:
    """Leave out emoji and control characters: a voice reads out the name of the one."""
    return sign.isprintable() and unicodedata.category(sign) != "So"


def _in_words(core: str, *, is_after_number: bool) -> str:
    if is_after_number and (unit := _unit(core, is_one=False)):
        return unit
    quantity = _QUANTITY.fullmatch(core)
    if quantity:
        unit = _unit(quantity[2], is_one=quantity[1] == "1")
        if unit:
            return f"{_number(quantity[1])} {unit}"
    fraction = _FRACTION.fullmatch(core)
    if fraction:
        said = _FRACTIONS.get((fraction[1], fraction[2]))
        return said or f"{fraction[1]} over {fraction[2]}"
    is_sum = _SCIENTIFIC.match(core) or _DIFFERENCE.fullmatch(core)
    if _PLAIN.fullmatch(core) and not is_sum:
        return core
    return _sign_by_sign(core)


def _number(number: str) -> str:
    return _SCIENTIFIC.sub("minus ", number)


def _unit(symbol: str, *, is_one: bool) -> str:
    """Return a unit in words; empty where a symbol is no unit."""
    if symbol in _DEGREES:
        return _DEGREES[symbol]
    upper, line, lower = symbol.partition("/")
    over = _simple_unit(upper, is_one=is_one)
    under = _simple_unit(lower, is_one=True) if line else ""
    if not over or (line and not under):
        return ""
    return f"{over} per {under}" if under else over


def _simple_unit(symbol: str, *, is_one: bool) -> str:
    parts = _UNIT.fullmatch(symbol)
    name = UNITS.get(parts[1]) if parts else None
    if parts is None or name is None:
        return ""
    said = name if is_one else _PLURALS.get(name, f"{name}s")
    power = {"²": " squared", "³": " cubed"}.get(parts[2], "")
    return said + power


def _sign_by_sign(core: str) -> str:
    """Put a formula's signs in words: ``F=m·a`` is "F equals m times a"."""
    said = _LETTER_MINUS.sub(" minus ", core)
    said = _SCIENTIFIC.sub(" minus ", said) if said[:1] in "-−" else said
    said = _RAISED.sub(_power, said)
    said = _LOWERED.sub(lambda found: f" {found[0].translate(_SUBSCRIPTS)} ", said)
    for sign, words in _SIGNS.items():
        said = said.replace(sign, f" {words} ")
    return " ".join(said.split())


def _power(found: re.Match[str]) -> str:
    exponent = found[0].translate(_SUPERSCRIPTS)
    return f" {_POWERS.get(exponent) or 'to the power of ' + _number(exponent)} "
