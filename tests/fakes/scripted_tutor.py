"""A tutor that knows only what a test tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from worker.lessons.storyboard import Storyboard
from worker.lessons.understanding import Grounding, LessonBrief, Section, Understanding


@dataclass(slots=True)
class ScriptedTutor:
    """Implements `worker.ports.Tutor`.

    Attributes:
        briefs: What storyboards were asked for.
        asked: What it was to understand.
        sections: What was offered to choose from.
    """

    understanding: Understanding
    grounding: Grounding
    storyboard: Storyboard
    briefs: list[LessonBrief] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    identity: str = "scripted 1"
    asked: list[str] = field(default_factory=list)

    async def understand(
        self,
        query: str,
        grade_level: int,  # noqa: ARG002  # the port's
        sections: Sequence[Section] = (),
    ) -> Understanding:
        """Say what was scripted."""
        self.asked.append(query)
        self.sections += sections
        return self.understanding

    async def ground(self, topic_id: str) -> Grounding:  # noqa: ARG002  # the port's
        """Name the scripted sources."""
        return self.grounding

    async def write_storyboard(self, brief: LessonBrief) -> Storyboard:
        """Hand out the scripted storyboard."""
        self.briefs.append(brief)
        return self.storyboard
