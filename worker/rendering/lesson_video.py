"""What a render child does: one scene to a segment, segments to a lesson, one frame to a poster."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av

from worker.lessons.render_plan import LessonAssembly, ScenePlan, distinct_frames
from worker.rendering.composition import ScenePainter
from worker.rendering.encoding import encode_segment, plan_shots
from worker.rendering.joining import join_lesson


def render_segment(plan: ScenePlan, target: Path, on_progress: Callable[[int], None]) -> None:
    """Encode one scene; `on_progress` hears the frames of the scene that are done."""
    shots = plan_shots(distinct_frames(plan), plan.frame_count)
    for done in encode_segment(ScenePainter(plan).pictures(), shots, target):
        on_progress(done)


def assemble(assembly: LessonAssembly, target: Path) -> None:
    """Join segments and narration into one MP4.

    Raises:
        LessonInvalidError: The parts do not fit together.
    """
    join_lesson(assembly, target)


def draw_poster(plan: ScenePlan, frame: int, target: Path) -> None:
    """Write one frame of a scene as a PNG."""
    ScenePainter(plan).picture_at(frame).save(target, format="PNG", optimize=True)


def codec_version() -> str:
    """The version of libavcodec, after asking it for the encoders that a lesson needs.

    Raises:
        UnknownCodecError: This build lacks one.
    """
    for name in ("libx264", "aac"):
        av.Codec(name, "w")
    return ".".join(map(str, av.library_versions["libavcodec"]))
