"""The whole narration as one stretch of samples, as long as the video to the sample.

It grows in a file, scene by scene: a lesson of five minutes is 15 MB of samples, and a worker
makes several lessons at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from worker.lessons.narration import SceneNarration
from worker.lessons.timeline import FRAMES_PER_SECOND, PlacedScene

BYTES_PER_SAMPLE = 2


@dataclass(slots=True)
class Soundtrack:
    """Mono samples (signed 16-bit little-endian) in a file.

    Attributes:
        path: The file; it exists from the first scene on.
        sample_rate: The voice's; 0 until the first scene is laid.
    """

    path: Path
    sample_rate: int = 0

    def lay(self, placed: PlacedScene, narration: SceneNarration) -> None:
        """Lay a scene's sentences at their times on silence; it blocks.

        The track then is exactly as long as the lesson up to the end of the scene.

        Raises:
            ValueError: The narration is not the scene's, or its sample rate is not the track's.
        """
        self._adopt_rate(narration)
        rate = self.sample_rate
        self.path.touch()
        with self.path.open("r+b") as track:
            for sentence, spoken in zip(placed.sentences, narration.sentences, strict=True):
                track.seek(round((placed.start + sentence.start) * rate) * BYTES_PER_SAMPLE)
                track.write(spoken.pcm)
            end = (placed.first_frame + placed.frame_count) * rate // FRAMES_PER_SECOND
            track.truncate(end * BYTES_PER_SAMPLE)

    def _adopt_rate(self, narration: SceneNarration) -> None:
        rates = {spoken.sample_rate for spoken in narration.sentences}
        rates |= {self.sample_rate} if self.sample_rate else set()
        if len(rates) != 1:
            raise ValueError(f"the narration mixes sample rates: {sorted(rates)}")
        self.sample_rate = rates.pop()
