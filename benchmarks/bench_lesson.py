"""Makes lessons with the demo command and prints where the time goes.

    python benchmarks/bench_lesson.py [--runs 3] [--duration-seconds 60]

Every run is a fresh process with fresh servers, as a user would start it. Figures are medians.
The last line is JSON: lesson seconds, elapsed seconds, seconds per stage, and lesson seconds per
wall second, over the whole command and over the stages alone.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any


def main() -> None:
    """Run the demo several times and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--duration-seconds", type=int, default=60)
    parsed = parser.parse_args()
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    runs = [_run(parsed.duration_seconds, number) for number in range(1, parsed.runs + 1)]
    stages = {
        stage: round(median(run["stage_seconds"][stage] for run in runs), 3)
        for stage in runs[0]["stage_seconds"]
    }
    elapsed = median(run["elapsed_seconds"] for run in runs)
    lesson = runs[0]["duration_seconds"]
    for stage, seconds in stages.items():
        print(f"  {stage:<18}{seconds:>8.3f} s")
    print(f"  {'whole command':<18}{elapsed:>8.3f} s for a lesson of {lesson:.1f} s")
    result = {
        "lesson_seconds": lesson,
        "elapsed_seconds": round(elapsed, 3),
        "stage_seconds": stages,
        "lesson_seconds_per_wall_second": round(lesson / elapsed, 3),
        "lesson_seconds_per_stage_second": round(lesson / sum(stages.values()), 3),
        "runs": parsed.runs,
    }
    print(json.dumps(result))


def _run(duration_seconds: int, number: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *(sys.executable, "-m", "worker", "demo", "Explain Newton's third law"),
            *("--grade", "10", "--interest", "basketball", "--json"),
            *("--duration-seconds", str(duration_seconds), "--out", str(Path(folder) / "lesson")),
        ]
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  # our own
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"run {number}: {result['elapsed_seconds']:.1f} s")
    return result


if __name__ == "__main__":
    main()
