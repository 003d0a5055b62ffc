"""The plain MoviePy program: what a tutorial would have one write for this lesson.

    python -m benchmarks.rendering.plain_moviepy --out FILE [--full]

It shows less than the worker does: no cards, no drawings, nothing that steps back. Without
`--full` it renders one second from the middle of each scene. The last line is JSON: the frames,
and the seconds (wall and CPU, the encoder's included) for making the clips and for writing them.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moviepy import ColorClip, CompositeVideoClip, TextClip, concatenate_videoclips, vfx

from benchmarks.rendering.lesson import SCENE_SECONDS, make_lesson
from worker.layout.fonts import font_path
from worker.lessons.captions import scene_cues
from worker.lessons.timeline import FRAMES_PER_SECOND, PlacedScene

SIZE = (1920, 1080)
INK, HIGHLIGHT, PAPER = "#17142e", "#4b3bd1", (246, 245, 252)


def main() -> None:
    """Render the lesson or a part of each scene, and print what that took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--full", action="store_true")
    parsed = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lesson = make_lesson(60, Path(folder))
    began = _clocks()
    scenes = [_scene(placed) for placed in lesson.timeline.scenes]
    made = _clocks()
    if not parsed.full:
        middle = SCENE_SECONDS / 2
        scenes = [scene.subclipped(middle, middle + 1) for scene in scenes]
    video = concatenate_videoclips(scenes, method="compose")
    video.write_videofile(
        str(parsed.out),
        fps=FRAMES_PER_SECOND,
        codec="libx264",
        preset="medium",
        bitrate="5000k",
        threads=4,
        logger=None,
    )
    written = _clocks()
    result = {
        "frames": round(video.duration * FRAMES_PER_SECOND),
        "made": [after - before for before, after in zip(began, made, strict=True)],
        "written": [after - before for before, after in zip(made, written, strict=True)],
    }
    print(json.dumps(result))


def _clocks() -> tuple[float, float]:
    """Wall time, and the CPU time of this process and of its children that have ended."""
    return time.perf_counter(), sum(os.times()[:4])


def _scene(placed: PlacedScene) -> Any:
    seconds = placed.frame_count / FRAMES_PER_SECOND
    clips = [ColorClip(SIZE, PAPER, duration=seconds)]
    clips.append(_Words(80, (120, 150)).clip(placed.scene.title, 0, seconds))
    for index, bullet in enumerate(placed.scene.bullets):
        start = placed.sentences[bullet.sentence_index].words[bullet.cue_word_index].start
        line = _Words(62, (160, 340 + 140 * index)).clip(bullet.text, start, seconds)
        clips.append(line.with_effects([vfx.CrossFadeIn(0.3)]))
    return CompositeVideoClip([*clips, *_captions(placed)], size=SIZE).with_duration(seconds)


def _captions(placed: PlacedScene) -> Iterator[Any]:
    """Every cue, and over it each word while it is spoken."""
    for cue in scene_cues(placed):
        left, top = 400, 940
        yield _Words(44, (left, top)).clip("\n".join(cue.lines), cue.start, cue.end)
        words = iter(cue.words)
        for row, line in enumerate(cue.lines):
            x = left
            for text in line.split(" "):
                word = next(words)
                style = _Words(44, (x, top + 52 * row), HIGHLIGHT)
                spoken = style.clip(text, word.start, word.end)
                yield spoken
                x += spoken.w + 12


@dataclass(frozen=True, slots=True)
class _Words:
    """How words are written, and where."""

    size: int
    place: tuple[int, int]
    color: str = INK

    def clip(self, text: str, start: float, end: float) -> Any:
        """A text that is there from one time to another."""
        clip = TextClip(font=str(font_path()), text=text, font_size=self.size, color=self.color)
        return clip.with_start(start).with_end(end).with_position(self.place)


if __name__ == "__main__":
    main()
