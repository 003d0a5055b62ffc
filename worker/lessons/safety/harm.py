"""Why a question gets help instead of a lesson."""

from __future__ import annotations

from enum import StrEnum


class Harm(StrEnum):
    """What a question speaks of; the first that fits counts."""

    SELF_HARM = "self_harm"
    DANGER = "danger"
    UNFIT = "unfit"
    RUDE = "rude"
