"""A scene's distinct frames encoded in process: one segment file, video alone.

Frames carry their true times on the 30 fps grid (variable frame rate): a picture is sent when
it changes, and again after at most a second, so that a player seeks and resumes quickly. The
last packet carries its duration, so that a segment is exactly as long as its scene.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.video.frame import PictureType
from av.video.reformatter import ColorRange

from worker.lessons.timeline import FRAMES_PER_SECOND
from worker.rendering.planes import BT709, PlaneCanvas

TIME_BASE = Fraction(1, FRAMES_PER_SECOND)

REPEAT_FRAMES = 30
"""A still picture is sent again after this many frames: one second. (ours)"""

KEY_FRAMES_LATEST = 150
"""At most this many frames from one random access point to the next: five seconds. (ours)"""

KEY_FRAMES_WELCOME = 120
"""After this many frames a changed picture becomes a random access point: there a new intra
picture is least visible. (ours; each takes a quarter of a scene's bytes)"""

_X264_OPTIONS = {
    "preset": "veryfast",
    # One quantiser for all frames: a rate control would look ahead, at every frame of a picture
    # that stands still. That took a third of the encoder's time and 80 MB. (20: VMAF above 95)
    "qp": "20",
    "tune": "stillimage",
    "forced-idr": "1",
    "x264-params": "scenecut=0:keyint=infinite:ref=1:open-gop=0",
}


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture that is sent to the encoder.

    Attributes:
        frame: When it is shown, in frames of the scene.
        frame_count: How long it is shown.
        is_key: Whether decoding can start here.
        is_new: Whether it differs from the one before.
    """

    frame: int
    frame_count: int
    is_key: bool
    is_new: bool


def plan_shots(changes: Sequence[int], frame_count: int) -> tuple[Shot, ...]:
    """Decide what is sent when: every change, repeats in long stills, random access points.

    Args:
        changes: Sorted frames on which the picture changes; the first is 0.
        frame_count: Frames of the scene.
    """
    frames: list[int] = []
    for start, end in zip(changes, (*changes[1:], frame_count), strict=True):
        frames += range(start, end, REPEAT_FRAMES)
    ends = (*frames[1:], frame_count)
    new = set(changes)
    shots: list[Shot] = []
    last_key = 0
    for frame, end in zip(frames, ends, strict=True):
        age = frame - last_key
        is_key = frame == 0 or end - last_key > KEY_FRAMES_LATEST
        is_key = is_key or (frame in new and age >= KEY_FRAMES_WELCOME)
        last_key = frame if is_key else last_key
        shots.append(Shot(frame, end - frame, is_key, frame in new))
    return tuple(shots)


def encode_segment(
    canvases: Iterable[tuple[int, PlaneCanvas]],
    shots: Sequence[Shot],
    target: Path,
) -> Iterator[int]:
    """Encode a scene to an MP4 with one H.264 track; yields the frames done so far.

    Args:
        canvases: Each changed frame with its canvas, in order; a canvas may be repainted
            afterwards, since the encoder has taken its pixels by then.
        shots: What is sent when.
        target: Is written in place; it is complete when the iterator ends.
    """
    arrivals = iter(canvases)
    _, canvas = next(arrivals)
    lengths: dict[int | None, int] = {shot.frame: shot.frame_count for shot in shots}
    with av.open(str(target), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_SECOND, options=_X264_OPTIONS)
        stream.width, stream.height = canvas.width, canvas.height
        _configure(stream)
        for shot in shots:
            if shot.is_new and shot.frame:
                _, canvas = next(arrivals)
            still = canvas.frame()
            still.pts = shot.frame
            still.time_base = TIME_BASE
            still.pict_type = PictureType.I if shot.is_key else PictureType.NONE
            _mux(container, stream.encode(still), lengths)
            yield shot.frame + shot.frame_count
        _mux(container, stream.encode(None), lengths)


def _configure(stream: av.VideoStream) -> None:
    context = stream.codec_context
    context.pix_fmt = "yuv420p"
    context.time_base = TIME_BASE
    context.thread_count = 1
    context.max_b_frames = 0
    context.color_primaries = context.color_trc = context.colorspace = BT709
    context.color_range = ColorRange.MPEG


def _mux(
    container: av.container.OutputContainer,
    packets: Iterable[av.Packet[av.VideoStream]],
    lengths: Mapping[int | None, int],
) -> None:
    for packet in packets:
        # The encoder does not know how long a picture stays; the plan does.
        packet.duration = lengths[packet.pts]
        container.mux(packet)
