"""A lesson through the real render pool, judged from the file that a student plays."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
import pytest_asyncio
from av.stream import Disposition
from numpy.typing import NDArray
from PIL import Image

from tests.integration.rendering.conftest import PlannedLesson
from worker.adapters.media_probe import BT709, STUDIO_RANGE, MediaReport, probe_media
from worker.adapters.render_pool import RenderPool
from worker.layout.theme import rgb
from worker.lessons.errors import LessonInvalidError, RenderCrashedError
from worker.lessons.lesson_assembly import LessonAssembly
from worker.lessons.render_plan import ScenePlan
from worker.lessons.scene_changes import distinct_frames
from worker.ports import LessonFacts
from worker.rendering.loudness import measure_loudness

FRAME = 1 / 30

pytestmark = pytest.mark.asyncio(loop_scope="module")


def is_empty(folder: Path) -> bool:
    return not any(folder.iterdir())


def names_in(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def ignore_progress(frames: int) -> None:
    del frames


async def make_segments(
    pool: RenderPool, plans: tuple[ScenePlan, ...], folder: Path
) -> tuple[Path, ...]:
    targets = tuple(folder / f"segment-{number}.mp4" for number in range(len(plans)))
    await asyncio.gather(
        *(
            pool.render_segment(plan, target, ignore_progress)
            for plan, target in zip(plans, targets, strict=True)
        )
    )
    return targets


def assembly_of(
    lesson: PlannedLesson, segments: tuple[Path, ...], sound: Path, cover: Path | None = None
) -> LessonAssembly:
    return LessonAssembly(
        segments=segments,
        frame_count=lesson.timeline.frame_count,
        sound=sound,
        title="Newton's third law",
        language="en-GB",
        chapters=lesson.chapters,
        cover=cover,
    )


@dataclass(frozen=True)
class Shown:
    """One decoded picture, boiled down.

    Attributes:
        corner: A pixel of the background, RGB.
        spread: Standard deviation of all pixels: 0 for a blank picture.
    """

    time: float
    corner: tuple[int, ...]
    spread: float
    digest: bytes


@dataclass(frozen=True)
class Made:
    """A rendered lesson: the file, what the renderer said of it, and what a decoder sees."""

    video: Path
    segments: tuple[Path, ...]
    sound: Path
    poster: Path
    facts: LessonFacts
    report: MediaReport
    shown: tuple[Shown, ...]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made(
    pool: RenderPool, lesson: PlannedLesson, tmp_path_factory: pytest.TempPathFactory
) -> Made:
    """The lesson, rendered once for this module."""
    folder = tmp_path_factory.mktemp("lesson")
    segments = await make_segments(pool, lesson.plans, folder)
    video, narration, poster = (folder / f"{n}" for n in ("lesson.mp4", "narration.m4a", "p.png"))
    await pool.encode_narration(lesson.narration, narration)
    await pool.draw_poster(lesson.plans[0], lesson.plans[0].frame_count // 2, poster)
    facts = await pool.assemble(assembly_of(lesson, segments, narration, poster), video)
    report, shown = probe_media(video), tuple(decoded(video))
    return Made(video, segments, narration, poster, facts, report, shown)


def planes_of(frame: av.VideoFrame) -> bytes:
    return b"".join(bytes(plane) for plane in frame.planes)


def decoded(path: Path) -> Iterator[Shown]:
    """All pictures of a video, decoded in order."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            picture = frame.to_ndarray(format="rgb24")
            yield Shown(
                time=frame.time or 0.0,
                corner=tuple(int(channel) for channel in picture[1000, 100]),
                spread=float(picture[::4, ::4].std()),
                digest=sha256(planes_of(frame)).digest(),
            )


def sound(path: Path) -> NDArray[np.float32]:
    """The decoded narration, mono, at 48 kHz, as a player plays it."""
    with av.open(str(path)) as container:
        parts = [frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]
    return np.concatenate(parts).astype(np.float32)


async def test_the_lesson_is_as_long_as_planned_in_pictures_and_sound(
    made: Made, lesson: PlannedLesson
) -> None:
    planned = lesson.timeline.seconds
    assert made.facts.video_seconds == pytest.approx(planned, abs=1e-6)
    assert abs(made.facts.audio_seconds - made.facts.video_seconds) <= FRAME
    assert len(sound(made.video)) / 48_000 == pytest.approx(planned, abs=FRAME)
    assert (made.facts.width, made.facts.height) == (1920, 1080)
    assert made.facts.byte_count == made.video.stat().st_size


async def test_every_scene_starts_on_its_own_frame(made: Made, lesson: PlannedLesson) -> None:
    background = pytest.approx(rgb(lesson.plans[1].background), abs=6)
    starts = [shown.time for shown in made.shown if shown.corner == background]
    assert starts[0] == pytest.approx(lesson.timeline.scenes[1].start, abs=1e-6)


async def test_every_scene_is_heard_from_its_first_word_on(
    made: Made, lesson: PlannedLesson
) -> None:
    loud = np.abs(sound(made.video)) > 0.02
    for scene in lesson.timeline.scenes:
        word = scene.start + scene.sentences[0].start
        before, after = round((word - 0.4) * 48_000), round((word + 0.2) * 48_000)
        onset = (before + int(np.argmax(loud[before:after]))) / 48_000
        assert onset == pytest.approx(word, abs=FRAME)


async def test_every_change_is_in_the_video_at_its_frame(made: Made, lesson: PlannedLesson) -> None:
    expected = {
        placed.first_frame + frame
        for placed, plan in zip(lesson.timeline.scenes, lesson.plans, strict=True)
        for frame in distinct_frames(plan)
    }
    stored = {round(time * 30) for time in made.report.picture_seconds}
    assert expected <= stored


async def test_no_picture_is_blank(made: Made) -> None:
    assert all(shown.spread > 5 for shown in made.shown)


async def test_a_player_can_start_anywhere_within_five_seconds_and_sees_the_right_picture(
    made: Made,
) -> None:
    keys = made.report.key_seconds
    assert max(b - a for a, b in pairwise(keys)) <= 5.0
    in_order = {shown.time: shown.digest for shown in made.shown}
    times = sorted(in_order)
    chooser = random.Random(3)  # noqa: S311 - it chooses where to seek
    with av.open(str(made.video)) as container:
        stream = container.streams.video[0]
        assert stream.time_base is not None
        for wanted in chooser.sample(times, 8):
            container.seek(round(wanted / stream.time_base), stream=stream)
            found = next(
                frame for frame in container.decode(stream) if (frame.time or 0) >= wanted - 1e-6
            )
            assert found.time == pytest.approx(wanted)
            assert sha256(planes_of(found)).digest() == in_order[wanted]


async def test_colours_are_tagged_as_bt709_and_are_what_was_planned(
    made: Made, lesson: PlannedLesson
) -> None:
    assert made.report.colors == (BT709, BT709, BT709, STUDIO_RANGE)
    assert made.report.pixel_format == "yuv420p"
    planned = rgb(lesson.plans[0].background)
    with av.open(str(made.segments[0])) as container:
        frame = next(container.decode(video=0))
    luma, blue, red = (
        np.frombuffer(bytes(plane), np.uint8)[plane.line_size * (plane.height - 10) + 50]
        for plane in frame.planes
    )
    # ITU-R BT.709, 8 bits, studio range.
    y, cb, cr = (luma - 16) / 219, (float(blue) - 128) / 224, (float(red) - 128) / 224
    seen = (y + 1.5748 * cr, y - 0.1873 * cb - 0.4681 * cr, y + 1.8556 * cb)
    assert [round(255 * value) for value in seen] == pytest.approx(planned, abs=3)


async def test_the_index_comes_first_and_the_tags_say_what_it_is(
    made: Made, lesson: PlannedLesson
) -> None:
    report = made.report
    assert report.is_faststart
    assert (report.title, report.language) == ("Newton's third law", "eng")
    assert (report.video_codec, report.audio_codec, report.audio_rate) == ("h264", "aac", 48_000)
    assert [c.title for c in report.chapters] == [mark.title for mark in lesson.chapters]
    for chapter, mark in zip(report.chapters, lesson.chapters, strict=True):
        assert chapter.start == pytest.approx(mark.first_frame * FRAME, abs=0.002)


async def test_the_narration_has_the_loudness_of_spoken_web_video(made: Made) -> None:
    measured = measure_loudness([sound(made.video)], 48_000)
    assert measured.lufs == pytest.approx(-16.0, abs=1.0)
    assert measured.true_peak <= -1.0


async def test_the_same_plan_renders_to_the_same_bytes(
    made: Made, pool: RenderPool, lesson: PlannedLesson, tmp_path: Path
) -> None:
    again = await make_segments(pool, lesson.plans, tmp_path)
    assert [path.read_bytes() for path in again] == [p.read_bytes() for p in made.segments]
    video, narration = tmp_path / "again.mp4", tmp_path / "again.m4a"
    await pool.encode_narration(lesson.narration, narration)
    poster = tmp_path / "again.png"
    await pool.draw_poster(lesson.plans[0], lesson.plans[0].frame_count // 2, poster)
    await pool.assemble(assembly_of(lesson, again, narration, poster), video)
    assert video.read_bytes() == made.video.read_bytes()


async def test_the_poster_is_the_cover_of_the_file_and_no_track_of_it(made: Made) -> None:
    assert made.report.has_cover
    with av.open(str(made.video)) as container:
        cover = next(s for s in container.streams if s.disposition & Disposition.attached_pic)
        assert bytes(next(container.demux(cover))) == made.poster.read_bytes()
        assert container.streams.best("video") is container.streams.video[0] is not cover
    tracks = made.video.read_bytes().count(b"mdia")
    assert tracks == 3  # pictures, sound, and the titles of the chapters


async def test_a_cover_that_is_no_picture_is_refused_before_a_file_is_there(
    made: Made, pool: RenderPool, lesson: PlannedLesson, tmp_path: Path
) -> None:
    (tmp_path / "cover.png").write_bytes(b"no picture")
    whole = assembly_of(lesson, made.segments, made.sound, tmp_path / "cover.png")
    with pytest.raises(RenderCrashedError):
        await pool.assemble(whole, tmp_path / "lesson.mp4")
    assert names_in(tmp_path) == ["cover.png"]


async def test_a_lesson_without_segments_is_one_to_listen_to(
    pool: RenderPool, lesson: PlannedLesson, made: Made, tmp_path: Path
) -> None:
    audio = tmp_path / "lesson.m4a"
    facts = await pool.assemble(assembly_of(lesson, (), made.sound), audio)
    assert (facts.width, facts.video_seconds) == (0, 0.0)
    assert facts.audio_seconds == pytest.approx(lesson.timeline.seconds, abs=FRAME)
    assert [c.title for c in probe_media(audio).chapters] == [m.title for m in lesson.chapters]


async def test_the_poster_is_the_frame_that_was_asked_for(
    pool: RenderPool, lesson: PlannedLesson, made: Made, tmp_path: Path
) -> None:
    plan = lesson.plans[0]
    frame = plan.frame_count // 2
    await pool.draw_poster(plan, frame, tmp_path / "poster.png")
    with Image.open(tmp_path / "poster.png") as image:
        poster = np.asarray(image.convert("RGB")).astype(int)
    with av.open(str(made.segments[0])) as container:
        before = [f for f in container.decode(video=0) if round((f.time or 0) * 30) <= frame]
    shown = before[-1].to_ndarray(format="rgb24")
    assert poster.shape == (1080, 1920, 3)
    assert np.abs(poster - shown.astype(int)).mean() < 2


async def test_segments_that_are_not_those_of_the_plan_leave_no_file(
    pool: RenderPool, lesson: PlannedLesson, made: Made, tmp_path: Path
) -> None:
    wrong = assembly_of(lesson, made.segments[:1], made.sound)
    with pytest.raises(LessonInvalidError, match="frames"):
        await pool.assemble(wrong, tmp_path / "lesson.mp4")
    assert is_empty(tmp_path)


async def test_a_file_that_is_no_video_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lesson.mp4"
    path.write_bytes(b"not a video")
    with pytest.raises(LessonInvalidError, match="not a playable lesson"):
        probe_media(path)
