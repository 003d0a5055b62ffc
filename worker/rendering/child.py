"""What runs in a render child: its start, its end with the parent, and its entry functions.

The parent imports this module to name the functions, so nothing heavy is imported at the top:
MoviePy, PyAV and numpy load in the child's warm-up.
"""

from __future__ import annotations

import ctypes
import errno
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TypeVar

from worker.lessons.errors import RenderCrashedError, WorkerError
from worker.lessons.lesson_assembly import LessonAssembly, Narration
from worker.lessons.quality.evidence import SoundFigures, TextContrast
from worker.lessons.render_plan import (
    Box,
    Motion,
    Role,
    ScenePlan,
    TextElement,
    TextLine,
)

Result = TypeVar("Result")

Progress = tuple[int, int]
"""The call it belongs to, and the frames done."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Names of malloc.h."""

_REUSED_BELOW = 4 << 20
"""Bytes: pictures and their parts are smaller, an encoder's own blocks are larger and go back."""

_MOST_KEPT = 64 << 20
"""Bytes that may lie unused at the heap's end. (ours; 256 MB kept 60 MB more in each child)"""

_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})

NICENESS = 10
"""A tenth of a share beside a process at 0 (Linux: 110 to 1024), all of a core without one."""


@dataclass(frozen=True, slots=True)
class RenderReadiness:
    """What a child found when it drew and encoded one small scene.

    Attributes:
        libavcodec: Its version, as the wheel of PyAV carries it.
        font: Family and style of the font that draws all text.
        shaping: The text layout engine in use, ``raqm`` or ``basic``.
    """

    moviepy: str
    pyav: str
    pillow: str
    libavcodec: str
    font: str
    shaping: str


class _Mouth:
    """Where this child tells its progress; set once, when the child starts."""

    sender: Connection[Progress, object] | None = None
    call = 0


def become_child(sender: Connection[Progress, object]) -> None:
    """Prepare a fresh process: signals, the watch on its parent, the environment of imports."""
    _Mouth.sender = sender
    # Leases and claims come first: rendering takes what the event loop leaves of the cores.
    os.nice(NICENESS)
    # A Ctrl-C, a Ctrl-Z or a group's SIGTERM is the parent's to answer: it drains or pauses, and
    # work in flight goes on meanwhile.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGTSTP):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_exit_with_parent, name="parent-watch", daemon=True).start()
    _keep_freed_memory()
    # MoviePy runs a binary when it is imported, to see whether it works. Nothing here uses it.
    os.environ["FFMPEG_BINARY"] = "auto-detect"
    # A child is one worker among others on the machine: no thread pool for matrices.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _keep_freed_memory() -> None:
    """Let this process reuse what it frees, instead of giving it back and asking for it again.

    Every frame takes megabytes, and fresh pages cost more than drawing on them. (mallopt(3); it
    is glibc's, and others manage without)
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _REUSED_BELOW)
        mallopt(_M_TRIM_THRESHOLD, _MOST_KEPT)


def _exit_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def warm_up() -> int:
    """Import what rendering needs; the process id says that the child is ready."""
    from worker.rendering import lesson_video  # noqa: F401, PLC0415 - heavy: in the child alone

    return os.getpid()


def run(call: int, work: Callable[[], Result]) -> Result:
    """Run one piece of work; whatever it raises pickles.

    Raises:
        WorkerError: As the work raised it.
        RenderCrashedError: Anything else that it raised; a full disk is said in words.
    """
    _Mouth.call = call
    try:
        return work()
    except WorkerError:
        raise
    except Exception as error:
        if getattr(error, "errno", None) in _DISK_FULL:
            raise RenderCrashedError(
                "no space is left on the disk for a render",
                "free some, or give the worker's temporary folder a larger disk",
            ) from error
        raise RenderCrashedError(f"a render failed: {type(error).__name__}: {error}") from error


def measured(work: Callable[[], Result]) -> tuple[Result, float]:
    """Do a piece of work; return with it the processor time of all its threads, in seconds."""
    began = time.process_time()
    result = work()
    return result, time.process_time() - began


def _tell(frames: int) -> None:
    if _Mouth.sender is not None:
        _Mouth.sender.send((_Mouth.call, frames))


def render_segment(plan: ScenePlan, target: Path) -> float:
    """Encode one scene, telling the frames done so far; returns the seconds that it took."""
    from worker.rendering import lesson_video  # noqa: PLC0415 - heavy: in the child alone

    began = time.monotonic()
    lesson_video.render_segment(plan, target, _tell)
    return time.monotonic() - began


def encode_narration(narration: Narration, target: Path) -> None:
    """Encode a whole narration.

    Raises:
        LessonInvalidError: It is not as long as the video.
    """
    from worker.rendering import lesson_video  # noqa: PLC0415 - heavy: in the child alone

    lesson_video.encode_narration(narration, target)


def assemble(assembly: LessonAssembly, target: Path) -> None:
    """Join segments and sound.

    Raises:
        LessonInvalidError: The parts do not fit together.
    """
    from worker.rendering import lesson_video  # noqa: PLC0415 - heavy: in the child alone

    lesson_video.assemble(assembly, target)


def draw_poster(plan: ScenePlan, frame: int, target: Path) -> None:
    """Write one frame as a PNG."""
    from worker.rendering import lesson_video  # noqa: PLC0415 - heavy: in the child alone

    lesson_video.draw_poster(plan, frame, target)


def measure_sound(path: Path) -> SoundFigures:
    """Decode and measure the sound of a file."""
    from worker.rendering import measuring  # noqa: PLC0415 - heavy: in the child alone

    return measuring.measure_sound(path)


def measure_contrasts(video: Path, plans: tuple[ScenePlan, ...]) -> tuple[TextContrast, ...]:
    """Measure the texts in one decoded picture of each scene."""
    from worker.rendering import measuring  # noqa: PLC0415 - heavy: in the child alone

    return measuring.measure_contrasts(video, plans)


def try_everything(folder: Path) -> RenderReadiness:
    """Draw and encode a small scene into a folder, and report with what."""
    from PIL import features  # noqa: PLC0415 - heavy: in the child alone

    from worker.layout.fonts import SEMIBOLD, load_font  # noqa: PLC0415 - as above
    from worker.rendering import lesson_video  # noqa: PLC0415 - as above

    sample = folder / "sample.mp4"
    lesson_video.render_segment(_sample(), sample, lambda _: None)
    sample.unlink()
    return RenderReadiness(
        moviepy=version("moviepy"),
        pyav=version("av"),
        pillow=version("pillow"),
        libavcodec=lesson_video.codec_version(),
        font=" ".join(part for part in load_font(48, SEMIBOLD).getname() if part),
        shaping="raqm" if features.check("raqm") else "basic",
    )


def _sample() -> ScenePlan:
    motion = Motion(0, 2, fade_in=1)
    line = TextLine("gyp", 20, 100)
    box = Box(10, 40, 300, 90)
    text = TextElement("sample", Role.TITLE, box, motion, (line,), 60, 600, "#111111", "#ffffff")
    return ScenePlan("sample", 320, 180, 3, "#ffffff", (text,))
