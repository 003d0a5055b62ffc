"""Stages and renders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from worker.lessons.claim import Claimed
from worker.lessons.ending import Ending
from worker.lessons.lesson_assembly import LessonAssembly, Narration
from worker.lessons.quality.evidence import FileFigures, SoundFigures
from worker.lessons.render_plan import ScenePlan
from worker.lessons.trace import Trace


class Pipeline(Protocol):
    """Takes a claimed request to its end."""

    async def run(self, claimed: Claimed, trace: Trace) -> Ending:
        """Run the stages, end the request in the store, and return how it ended.

        Raises:
            RetryableError: The same request may succeed later.
            PermanentError: It never will.
            ClaimLostError: Somebody else owns it now.
        """
        ...


@dataclass(frozen=True, slots=True)
class LessonFacts:
    """What a finished video was measured to be, read back from the file itself."""

    width: int
    height: int
    video_seconds: float
    audio_seconds: float
    byte_count: int


@dataclass(frozen=True, slots=True)
class FinishedFiles:
    """A finished lesson that is to be measured.

    Attributes:
        sound: A file with the narration: the video, or the lesson to listen to.
        video: None for a lesson to listen to.
        plans: Of the video's scenes, in their order: where its texts are.
        frame_count: Of the whole lesson.
    """

    sound: Path
    video: Path | None
    plans: tuple[ScenePlan, ...]
    frame_count: int


class LessonRenderer(Protocol):
    """Draws and encodes. Safe to call concurrently; bounded by its own pool.

    Every method leaves the target file complete or absent. Cancelling a call stops the work.
    """

    @property
    def identity(self) -> str:
        """Everything beside the plan that decides a segment's bytes: libraries, fonts, code."""
        ...

    async def render_segment(
        self, plan: ScenePlan, target: Path, on_progress: Callable[[int], None]
    ) -> float:
        """Encode one scene to a segment file; `on_progress` hears the frames done so far.

        Returns:
            The seconds that the work took, waiting for its turn left out.

        Raises:
            RenderCrashedError: The child died.
        """
        ...

    async def encode_narration(self, narration: Narration, target: Path) -> None:
        """Bring the whole narration to its loudness and encode it, for `assemble`.

        Raises:
            RenderCrashedError: The child died.
            LessonInvalidError: The narration is not as long as its video.
        """
        ...

    async def assemble(self, assembly: LessonAssembly, target: Path) -> LessonFacts:
        """Join segments and the encoded narration into one MP4, and measure it.

        Raises:
            RenderCrashedError: The child died.
            LessonInvalidError: The file is not what was planned.
        """
        ...

    async def measure(self, files: FinishedFiles) -> tuple[SoundFigures, FileFigures | None]:
        """Decode a finished lesson, and say what is heard and seen in it.

        Raises:
            RenderCrashedError: The child died.
            LessonInvalidError: It is no playable lesson.
        """
        ...

    async def draw_poster(self, plan: ScenePlan, frame: int, target: Path) -> None:
        """Write one frame of a scene as a PNG.

        Raises:
            RenderCrashedError: The child died.
        """
        ...
