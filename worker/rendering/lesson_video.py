"""What a render child does: a scene to a segment, samples to sound, both to a lesson, a poster."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
from PIL import Image

from worker.lessons.lesson_assembly import LessonAssembly, Narration
from worker.lessons.render_plan import ScenePlan
from worker.lessons.scene_changes import distinct_frames
from worker.rendering.composition import ScenePainter
from worker.rendering.encoding import encode_segment, plan_shots
from worker.rendering.joining import join_lesson
from worker.rendering.sound import encode_sound


def render_segment(plan: ScenePlan, target: Path, on_progress: Callable[[int], None]) -> None:
    """Encode one scene; `on_progress` hears the frames of the scene that are done."""
    shots = plan_shots(distinct_frames(plan), plan.frame_count)
    for done in encode_segment(ScenePainter(plan).canvases(), shots, target):
        on_progress(done)


def encode_narration(narration: Narration, target: Path) -> None:
    """Bring the narration to its loudness and encode it.

    Raises:
        LessonInvalidError: It is not as long as the video.
    """
    encode_sound(narration, target)


def assemble(assembly: LessonAssembly, target: Path) -> None:
    """Join segments and sound into one MP4.

    Raises:
        LessonInvalidError: The parts do not fit together.
    """
    join_lesson(assembly, target)


def draw_poster(plan: ScenePlan, frame: int, target: Path) -> None:
    """Write one frame of a scene as a PNG."""
    picture = ScenePainter(plan).canvas_at(frame).frame().to_ndarray(format="rgb24")
    Image.fromarray(picture).save(target, format="PNG")


def codec_version() -> str:
    """The version of libavcodec, after asking it for the encoders that a lesson needs.

    Raises:
        UnknownCodecError: This build lacks one.
    """
    for name in ("libx264", "aac"):
        av.Codec(name, "w")
    return ".".join(map(str, av.library_versions["libavcodec"]))
