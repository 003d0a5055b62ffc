"""`python -m worker demo`, as a new user runs it, and everything that it leaves."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.acceptance.conftest import run_worker
from worker.commands.exit_codes import ExitCode
from worker.commands.quality import measure_quality

pytestmark = pytest.mark.acceptance

CUE = re.compile(
    r"(\d\d):(\d\d):(\d\d\.\d{3}) --> (\d\d):(\d\d):(\d\d\.\d{3})(?: .*)?\n((?:.+\n?)+)"
)


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one demo left."""

    folder: Path
    last_line: dict[str, Any]

    def cues(self, name: str) -> list[tuple[float, float, str]]:
        """Return the cues of a WebVTT file: start, end, text."""
        found = CUE.findall((self.folder / name).read_text("utf-8"))
        return [
            (
                int(one[0]) * 3600 + int(one[1]) * 60 + float(one[2]),
                int(one[3]) * 3600 + int(one[4]) * 60 + float(one[5]),
                one[6].strip(),
            )
            for one in found
        ]


@pytest.fixture(scope="module")
async def lesson(tmp_path_factory: pytest.TempPathFactory) -> Lesson:
    """The lesson of the README, as short as lessons get."""
    folder = tmp_path_factory.mktemp("demo") / "lesson"
    finished = await run_worker(
        "demo",
        "Explain Newton's third law",
        *("--grade", "10", "--interest", "basketball", "--duration-seconds", "60"),
        *("--out", str(folder), "--json"),
        environ=_bare_environment(),
        seconds=170,
    )
    assert finished.exit_code == 0, finished.err
    lines = finished.out.splitlines()
    assert lines[-2] == str(folder), "the folder is printed"
    return Lesson(folder, json.loads(lines[-1]))


def _bare_environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("WORKER_", "DATABASE_", "PUBSUB_", "GCS_", "GCP_"))
    }


def test_the_last_line_says_how_it_went(lesson: Lesson) -> None:
    said = lesson.last_line
    assert said["status"] == "completed"
    assert said["out_dir"] == str(lesson.folder)
    assert said["elapsed_seconds"] > 0
    assert set(said["stage_seconds"]) == {
        *("validate", "ground", "write_storyboard", "narrate", "render", "publish", "announce"),
    }


def test_the_folder_holds_the_whole_lesson(lesson: Lesson) -> None:
    assert {file.name for file in lesson.folder.iterdir()} == {
        *("lesson.mp4", "captions.vtt", "chapters.vtt", "descriptions.vtt"),
        *("transcript.md", "descriptive_transcript.md", "poster.png", "storyboard.json"),
        *("timeline.json", "quiz.json", "citations.json"),
        *("render_plan.json", "quality_report.json"),
    }


async def test_the_folder_is_measured_again_to_the_same_report(
    lesson: Lesson, capsys: pytest.CaptureFixture[str]
) -> None:
    published = json.loads((lesson.folder / "quality_report.json").read_text("utf-8"))
    code = await measure_quality(lesson.folder, as_json=True)
    assert json.loads(capsys.readouterr().out) == published
    assert code is (ExitCode.OWN_FAULT if published["failed"] else ExitCode.DONE)
    assert published["not_measured"] == ["same-bytes"]
    verdicts = {one["row"]: one["verdict"] for one in published["rows"]}
    for row in ("loudness", "contrast", "chapters", "durations", "drift", "overlap", "no-music"):
        assert verdicts[row] == "passed", row


def test_the_video_is_what_players_expect(lesson: Lesson) -> None:
    with av.open(lesson.folder / "lesson.mp4") as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.width, video.height) == (1920, 1080)
        assert video.codec_context.name == "h264"
        assert video.pix_fmt == "yuv420p"
        assert video.time_base is not None
        assert video.time_base.denominator % 30 == 0, "times lie on the 30 fps grid"
        assert audio.codec_context.name == "aac"
        assert container.metadata["title"] == "Newton's third law"
    content = (lesson.folder / "lesson.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat"), "faststart"


def test_sound_and_picture_are_as_long_as_the_narration(lesson: Lesson) -> None:
    expected = lesson.last_line["duration_seconds"]
    with av.open(lesson.folder / "lesson.mp4") as container:
        for stream in (container.streams.video[0], container.streams.audio[0]):
            assert stream.duration is not None
            assert stream.time_base is not None
            seconds = float(stream.duration * stream.time_base)
            assert abs(seconds - expected) <= 1 / 30 + 0.001


def test_the_lesson_is_about_as_long_as_was_asked_for(lesson: Lesson) -> None:
    assert 60 * 0.85 <= lesson.last_line["duration_seconds"] <= 60 * 1.15


def test_the_captions_lie_inside_the_video_and_say_the_words_spoken(lesson: Lesson) -> None:
    cues = lesson.cues("captions.vtt")
    assert cues[0][0] >= 0
    assert cues[-1][1] <= lesson.last_line["duration_seconds"]
    assert all(start < end for start, end, _ in cues)
    assert all(one[1] <= two[0] for one, two in pairwise(cues))
    storyboard = json.loads((lesson.folder / "storyboard.json").read_text("utf-8"))
    spoken = " ".join(
        sentence["text"] for scene in storyboard["scenes"] for sentence in scene["sentences"]
    )
    assert " ".join(text for _, _, text in cues).split() == spoken.split()


def test_captions_show_while_their_words_sound(lesson: Lesson) -> None:
    """The audio is loud within the cues and silent between the scenes."""
    samples, rate = _sound(lesson.folder / "lesson.mp4")
    for start, end, text in lesson.cues("captions.vtt"):
        heard = samples[int(start * rate) : int(end * rate)]
        assert np.sqrt(np.mean(heard**2)) > 0.01, f"silence under: {text}"
    for start, _, _ in lesson.cues("chapters.vtt")[1:]:
        gap = samples[int((start - 0.2) * rate) : int((start + 0.2) * rate)]
        assert np.sqrt(np.mean(gap**2)) < 0.005


def _sound(video: Path) -> tuple[np.ndarray[Any, np.dtype[np.float64]], int]:
    with av.open(video) as container:
        frames = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
        rate = container.streams.audio[0].rate
    assert rate is not None
    return np.concatenate(frames).astype(np.float64), rate


def test_every_scene_is_a_chapter_and_shows_a_picture_of_its_own(lesson: Lesson) -> None:
    chapters = lesson.cues("chapters.vtt")
    assert 4 <= len(chapters) <= 8
    assert chapters[-1][2] == "Sources"
    pictures = []
    with av.open(lesson.folder / "lesson.mp4") as container:
        assert len(container.chapters()) == len(chapters)
        for start, end, title in chapters:
            picture = _frame_at(container, (start + end) / 2)
            assert picture.std() > 5, f"the scene {title!r} is blank"
            pictures.append(picture)
    for one, two in pairwise(pictures):
        assert np.abs(one.astype(int) - two.astype(int)).mean() > 1, "two scenes look the same"


def _frame_at(container: av.container.InputContainer, seconds: float) -> np.ndarray[Any, Any]:
    """Return the picture on screen at a time, as a player that seeks there shows it."""
    container.seek(int(seconds * av.time_base))
    shown = None
    for frame in container.decode(video=0):
        if frame.time > seconds:
            break
        shown = frame
    assert shown is not None
    return shown.to_ndarray(format="gray")


def test_the_poster_is_a_picture_of_the_lesson(lesson: Lesson) -> None:
    with av.open(lesson.folder / "poster.png") as container:
        picture = next(container.decode(video=0)).to_ndarray(format="gray")
    assert picture.shape == (1080, 1920)
    assert picture.std() > 5


def test_the_transcript_names_its_sources(lesson: Lesson) -> None:
    transcript = (lesson.folder / "transcript.md").read_text("utf-8")
    assert transcript.startswith("# Newton's third law\n")
    assert "## Sources" in transcript
    assert "OpenStax" in transcript


def test_the_interest_carries_the_analogy(lesson: Lesson) -> None:
    storyboard = json.loads((lesson.folder / "storyboard.json").read_text("utf-8"))
    assert storyboard["interest"] == "basketball"
    assert storyboard["interest_matched"] is True


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("Tell me about the French Revolution", "out_of_scope"),
        ("Explain Newton's law", "clarification_needed"),
    ],
)
async def test_a_question_without_a_lesson_ends_with_an_offer(
    tmp_path: Path, query: str, status: str
) -> None:
    finished = await run_worker(
        *("demo", query, "--grade", "10", "--json", "--modality", "text"),
        *("--out", str(tmp_path / "lesson")),
        environ=_bare_environment(),
    )
    assert finished.exit_code == 0, finished.err
    said = json.loads(finished.out.splitlines()[-1])
    assert said["status"] == status
    assert said["questions"], "there is something to tap"
    assert said["out_dir"] is None
    assert not (tmp_path / "lesson").exists()


async def test_a_lesson_to_read_needs_no_voice_and_no_picture(tmp_path: Path) -> None:
    folder = tmp_path / "lesson"
    finished = await run_worker(
        *("demo", "Explain Newton's third law", "--grade", "10", "--modality", "text"),
        *("--json", "--out", str(folder)),
        environ=_bare_environment(),
    )
    assert finished.exit_code == 0, finished.err
    assert {file.name for file in folder.iterdir()} == {
        *("lesson.html", "lesson.md", "picture-1.svg", "picture-2.svg"),
        *("transcript.md", "storyboard.json", "quiz.json", "citations.json"),
        "quality_report.json",
    }
