"""What the finished file is judged by: how it looks, and whether sound and pictures agree."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np

from benchmarks.rendering.lesson import BenchLesson
from worker.lessons.render_plan import ScenePlan
from worker.lessons.timeline import FRAMES_PER_SECOND
from worker.rendering.composition import ScenePainter

AUDIO_RATE = 48_000
LOUD = 0.02
COMPARED_A_SECOND = 5
"""Frames of each second that VMAF compares, evenly spaced: as a student sees stills and changes."""


@dataclass(frozen=True, slots=True)
class Vmaf:
    """VMAF over the compared frames."""

    mean: float
    worst: float


def compare_pictures(video: Path, plans: tuple[ScenePlan, ...], folder: Path) -> Vmaf:
    """VMAF (libvmaf's default model) of a lesson against the very frames that were encoded."""
    lossless, log = folder / "lossless.mp4", folder / "vmaf.json"
    _keep_lossless(plans, lossless)
    rate = f"fps={COMPARED_A_SECOND}"
    graph = f"[0:v]{rate}[a];[1:v]{rate}[b];[a][b]libvmaf=log_fmt=json:log_path={log}:n_threads=2"
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        *("-v", "error", "-i", str(video), "-i", str(lossless)),
        *("-lavfi", graph, "-f", "null", "-"),
    ]
    subprocess.run(command, check=True)  # noqa: S603 - our own
    pooled = json.loads(log.read_text())["pooled_metrics"]["vmaf"]
    return Vmaf(pooled["mean"], pooled["min"])


def _keep_lossless(plans: tuple[ScenePlan, ...], target: Path) -> None:
    """All distinct frames at their times, without loss."""
    options = {"preset": "ultrafast", "qp": "0"}
    start = 0
    with av.open(str(target), "w") as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_SECOND, options=options)
        stream.width, stream.height, stream.pix_fmt = plans[0].width, plans[0].height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, FRAMES_PER_SECOND)
        for plan in plans:
            for number, canvas in ScenePainter(plan).canvases():
                frame = canvas.frame()
                frame.pts, frame.time_base = start + number, Fraction(1, FRAMES_PER_SECOND)
                container.mux(stream.encode(frame))
            start += plan.frame_count
        container.mux(stream.encode(None))


def av_offset_frames(video: Path, lesson: BenchLesson) -> float:
    """How far apart picture and sound are at the worst scene start, in frames.

    The picture's start is the scene's first stored frame; the sound's is the onset of the
    scene's first word, less the time that the timeline has between the two.
    """
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        base = stream.time_base or Fraction(1)
        times = np.array(
            sorted(float(p.pts * base) for p in container.demux(stream) if p.pts is not None)
        )
    with av.open(str(video)) as container:
        parts = [frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]
    loud = np.abs(np.concatenate(parts)) > LOUD
    worst = 0.0
    for placed in lesson.timeline.scenes:
        picture = float(times[np.argmin(np.abs(times - placed.start))])
        word = placed.start + placed.sentences[0].start
        window = slice(round((word - 0.3) * AUDIO_RATE), round((word + 0.3) * AUDIO_RATE))
        onset = (window.start + int(np.argmax(loud[window]))) / AUDIO_RATE
        worst = max(worst, abs((onset - placed.sentences[0].start) - picture))
        worst = max(worst, abs(picture - placed.start))
    return worst * FRAMES_PER_SECOND
