"""What the worker needs from outside, in its own words.

Each protocol states its obligations: whether it may block, what it raises, what may be called
twice. An adapter translates its vendor's errors into `worker.lessons.errors`, once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from worker.lessons.narration import SpokenSentence
from worker.lessons.render_plan import LessonAssembly, ScenePlan


@dataclass(frozen=True, slots=True)
class Delivery:
    """One receipt of a message.

    Attributes:
        delivery_attempt: The broker's ordinal, from 1; None where the subscription has no
            dead-letter policy.
    """

    ack_id: str = field(repr=False)
    message_id: str
    data: bytes = field(repr=False)
    attributes: Mapping[str, str]
    published_at: datetime
    delivery_attempt: int | None


class MessageSource(Protocol):
    """A subscription.

    Every method may raise DependencyUnavailableError. `ack`, `extend` and `release` may be
    called twice for the same delivery, and after its deadline; they then change nothing.
    """

    async def pull(self, limit: int) -> Sequence[Delivery]:
        """Wait for deliveries; up to `limit` of them, or none when the wait ends.

        Cancelling it is safe: what the broker had handed out is redelivered at its deadline.
        """
        ...

    async def ack(self, ack_ids: Sequence[str]) -> None:
        """End deliveries for good."""
        ...

    async def extend(self, ack_ids: Sequence[str], seconds: int) -> None:
        """Move ack deadlines to `seconds` from now; 0 gives the deliveries back at once."""
        ...


class Publisher(Protocol):
    """Topics to publish to."""

    async def publish(self, topic: str, data: bytes, attributes: Mapping[str, str]) -> str:
        """Publish one message and return its id. At least once: a retry may publish twice.

        Raises:
            DependencyUnavailableError: The broker did not take it.
        """
        ...


class ObjectStore(Protocol):
    """A bucket store. Every method may raise DependencyUnavailableError."""

    async def upload(self, bucket: str, name: str, source: Path, content_type: str) -> None:
        """Store a file under a name; a second call with the same name replaces it whole."""
        ...

    async def download(self, bucket: str, name: str, target: Path) -> None:
        """Write an object to a file; the file exists only when it is complete.

        Raises:
            FileNotFoundError: There is no such object.
        """
        ...

    async def delete(self, bucket: str, name: str) -> None:
        """Delete an object; one that does not exist is fine."""
        ...

    async def list_names(self, bucket: str, prefix: str) -> Sequence[str]:
        """Return the names that start with `prefix`, sorted."""
        ...


class Voice(Protocol):
    """A text-to-speech voice."""

    @property
    def name(self) -> str:
        """The voice's name, as reports show it."""
        ...

    async def speak(self, text: str, pace: float) -> SpokenSentence:
        """Speak one sentence without blocking the event loop.

        Args:
            text: One sentence of speakable words.
            pace: 1.0 is the voice's own pace; 0.8 takes a quarter longer.

        Raises:
            NarrationError: The voice cannot speak this text.
            DependencyUnavailableError: The voice did not answer.
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


class LessonRenderer(Protocol):
    """Draws and encodes. Safe to call concurrently; bounded by its own pool.

    Every method leaves the target file complete or absent. Cancelling a call stops the work.
    """

    async def render_segment(
        self, plan: ScenePlan, target: Path, on_progress: Callable[[int], None]
    ) -> None:
        """Encode one scene to a segment file; `on_progress` hears the frames done so far.

        Raises:
            RenderCrashedError: The child died.
        """
        ...

    async def assemble(self, assembly: LessonAssembly, target: Path) -> LessonFacts:
        """Join segments and narration into one MP4, and measure it.

        Raises:
            RenderCrashedError: The child died.
            LessonInvalidError: The file is not what was planned.
        """
        ...

    async def draw_poster(self, plan: ScenePlan, frame: int, target: Path) -> None:
        """Write one frame of a scene as a PNG.

        Raises:
            RenderCrashedError: The child died.
        """
        ...
