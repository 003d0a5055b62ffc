"""What is wrong with an environment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SettingFault:
    """One thing wrong with the environment.

    Attributes:
        variable: The environment variable.
        problem: What is wrong, without the value.
        mend: What to do.
        is_error: False for a warning: the worker can run.
    """

    variable: str
    problem: str
    mend: str
    is_error: bool = True


class SettingsError(Exception):
    """The environment cannot be used.

    Attributes:
        faults: Every fault, warnings included.
    """

    def __init__(self, faults: tuple[SettingFault, ...]) -> None:
        super().__init__(faults)
        self.faults = faults

    def __str__(self) -> str:
        return "; ".join(f"{one.variable}: {one.problem}" for one in self.faults)
