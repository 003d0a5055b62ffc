"""The stages of a request, its statuses, and how far along each stage is."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """One resumable step from a claimed request to a published lesson, in order."""

    VALIDATE = "validate"
    GROUND = "ground"
    WRITE_STORYBOARD = "write_storyboard"
    NARRATE = "narrate"
    RENDER = "render"
    PUBLISH = "publish"
    ANNOUNCE = "announce"


class Status(StrEnum):
    """What `content_requests.status` holds."""

    PENDING = "pending"
    VALIDATING = "validating"
    RETRIEVING = "retrieving"
    GENERATING_SCRIPT = "generating_script"
    NARRATING = "narrating"
    GENERATING_VIDEO = "generating_video"
    PROCESSING_VIDEO = "processing_video"
    NOTIFYING = "notifying"
    COMPLETED = "completed"
    CLARIFICATION_NEEDED = "clarification_needed"
    OUT_OF_SCOPE = "out_of_scope"
    UNSAFE = "unsafe"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_end(self) -> bool:
        """Whether a request with this status is ended."""
        return self in ENDED


ENDED = frozenset(
    {
        Status.COMPLETED,
        Status.CLARIFICATION_NEEDED,
        Status.OUT_OF_SCOPE,
        Status.UNSAFE,
        Status.FAILED,
        Status.CANCELLED,
    }
)

ANSWERS = frozenset(
    {Status.COMPLETED, Status.CLARIFICATION_NEEDED, Status.OUT_OF_SCOPE, Status.UNSAFE}
)
"""The ends that answer the student; they are never counted as failures."""

STATUS_OF_STAGE = {
    Stage.VALIDATE: Status.VALIDATING,
    Stage.GROUND: Status.RETRIEVING,
    Stage.WRITE_STORYBOARD: Status.GENERATING_SCRIPT,
    Stage.NARRATE: Status.NARRATING,
    Stage.RENDER: Status.GENERATING_VIDEO,
    Stage.PUBLISH: Status.PROCESSING_VIDEO,
    Stage.ANNOUNCE: Status.NOTIFYING,
}

PROGRESS_AT_START = {
    Stage.VALIDATE: 1,
    Stage.GROUND: 3,
    Stage.WRITE_STORYBOARD: 5,
    Stage.NARRATE: 8,
    Stage.RENDER: 15,
    Stage.PUBLISH: 85,
    Stage.ANNOUNCE: 98,
}
"""Percentage at which each stage starts: shares of the time that a 60 s lesson takes."""


def progress_within(stage: Stage, fraction: float) -> int:
    """Return the percentage when `fraction` (0-1) of a stage is done."""
    stages = list(Stage)
    start = PROGRESS_AT_START[stage]
    following = stages.index(stage) + 1
    end = PROGRESS_AT_START[stages[following]] if following < len(stages) else 100
    return start + int((end - start) * min(max(fraction, 0.0), 1.0))
