"""What lessons take and cost: makes one of each kind and reads the ledger of costs.

    python -m benchmarks.bench_scale [--modality video …] [--occupancy 0.8]

Every kind is made by `demo` on a state folder of its own, so that nothing comes from a cache;
`costs --by provider` then says what the worker booked: processor seconds of the renderer, voice
and writer, and bytes stored. Prices are those of worker/adapters/prices.toml and, for memory, of
Cloud Run's page. Compute is billed by the vCPU that is there, not by the one that is busy:

    dollars = CPU seconds / occupancy x (price of a vCPU second + 2 GiB x price of a GiB second)

The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

VCPU_SECOND = 0.000018
"""Dollars: Cloud Run Jobs, tier 1, as in prices.toml."""

GIB_SECOND = 0.000002
"""Dollars: memory there. (cloud.google.com/run/pricing, from memory, 2026-11-23; not a bill)"""

GIB_FOR_VCPU = 2.0
"""As deploy/cloud-run-job.yaml: 4 GiB for 2 vCPU."""

GIB_MONTH = 0.020
"""Dollars: Cloud Storage, standard, as in prices.toml."""

NEURAL_VOICE = 16 / 1_000_000
"""Dollars for a character of a Neural2 voice, as in prices.toml."""

GIB = 1 << 30
MODALITIES = ("text", "audio", "video")


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one lesson of a kind took.

    Attributes:
        cpu_seconds: Booked by renderer, offline voice and writer; the worker's own loop is not.
        voice_seconds: The part of these that a paid voice would save.
        characters: Narrated; what a paid voice is paid by.
        stored_bytes: Files of the lesson, and cached sentences and segments.
        calls: Writes to the bucket.
    """

    modality: str
    cpu_seconds: float
    voice_seconds: float
    characters: int
    stored_bytes: int
    calls: int


def main() -> None:
    """Make the lessons and print what a thousand of each would cost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--modality", action="append", choices=MODALITIES)
    parser.add_argument("--occupancy", type=float, default=0.8)
    parsed = parser.parse_args()
    lessons = [_measured(modality) for modality in parsed.modality or MODALITIES]
    rows = [asdict(lesson) | costs(lesson, parsed.occupancy) for lesson in lessons]
    for row in rows:
        print("  ".join(f"{name} {value}" for name, value in row.items()))
    print(json.dumps({"occupancy": parsed.occupancy, "lessons": rows}))


def costs(lesson: Lesson, occupancy: float) -> dict[str, float]:
    """Return lessons for each vCPU-hour, and dollars for a thousand lessons."""
    second = (VCPU_SECOND + GIB_FOR_VCPU * GIB_SECOND) / occupancy
    paid_voice = lesson.characters * NEURAL_VOICE
    return {
        "lessons_per_vcpu_hour": round(3600 * occupancy / lesson.cpu_seconds, 1),
        "compute_per_1000": round(1000 * lesson.cpu_seconds * second, 3),
        "with_paid_voice_per_1000": round(
            1000 * ((lesson.cpu_seconds - lesson.voice_seconds) * second + paid_voice), 3
        ),
        "stored_month_per_1000": round(1000 * lesson.stored_bytes / GIB * GIB_MONTH, 3),
    }


def _measured(modality: str) -> Lesson:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)  # PostgreSQL runs as another user where this one is root
        state, out = str(Path(folder) / "state"), Path(folder) / "lesson"
        asked = ("Explain Newton's third law", "--grade", "10", "--interest", "basketball")
        _worker({}, "demo", *asked, "--modality", modality, "--keep", state, "--out", str(out))
        environ = {"WORKER_PROFILE": "embedded", "WORKER_STATE_DIR": state}
        report = _worker(environ, "costs", "--since", "1d", "--by", "provider", "--json")
        return _lesson(modality, json.loads(report.splitlines()[-1])["lines"], out)


def _lesson(modality: str, lines: list[dict[str, Any]], out: Path) -> Lesson:
    timeline = out / "timeline.json"
    scenes = json.loads(timeline.read_text())["scenes"] if timeline.exists() else []
    return Lesson(
        modality,
        cpu_seconds=round(sum(line["cpu_seconds"] for line in lines), 2),
        voice_seconds=round(sum(_of(lines, "hibari", "cpu_seconds")), 2),
        characters=sum(len(one["text"]) for scene in scenes for one in scene["sentences"]),
        stored_bytes=int(sum(_of(lines, "cloud_storage", "bytes_stored"))),
        calls=int(sum(_of(lines, "cloud_storage", "calls"))),
    )


def _of(lines: list[dict[str, Any]], provider: str, unit: str) -> list[float]:
    return [float(line[unit]) for line in lines if line["name"] == provider]


def _worker(environ: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "worker", *arguments]
    done = subprocess.run(  # noqa: S603  # our own arguments
        command, env={**os.environ, **environ}, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


if __name__ == "__main__":
    main()
