"""Reads a price table from its file."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from worker.lessons.costs import Price, PriceTable

BUNDLED = Path(__file__).with_name("prices.toml")
"""The prices that the worker ships with; see its head."""


class PriceFileError(Exception):
    """A price table cannot be used.

    Attributes:
        faults: What is wrong, one sentence each, with the place in the file.
    """

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__(faults)
        self.faults = faults

    def __str__(self) -> str:
        return "; ".join(self.faults)


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: str = Field(min_length=1, max_length=40)
    operation: str = Field(min_length=1, max_length=80)
    unit: Literal[
        "tokens_in", "tokens_out", "characters", "cpu_seconds", "bytes_stored", "bytes_served"
    ]
    amount: Decimal = Field(ge=0)
    per: int = Field(ge=1)
    source: str = Field(min_length=1)
    read_on: date
    first_day: date | None = None
    last_day: date | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    currency: str = Field(pattern="^[A-Z]{3}$")
    dated: date
    prices: tuple[_Entry, ...]


def load_prices(file: Path = BUNDLED) -> PriceTable:
    """Read a price table.

    Raises:
        PriceFileError: It cannot be read, is no TOML, or an entry is wrong.
    """
    try:
        parsed = _File.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise PriceFileError((f"the file cannot be read ({error.strerror})",)) from None
    except tomllib.TOMLDecodeError as error:
        raise PriceFileError((f"no TOML: {error}",)) from None
    except ValidationError as error:
        faults = tuple(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise PriceFileError(faults) from None
    prices = tuple(Price(**entry.model_dump()) for entry in parsed.prices)
    return PriceTable(parsed.currency, parsed.dated, prices)
