"""Tries the built image as it runs in the cloud: `just image-test`.

    python -m tests.image [--image NAME] [--network NAME] [--any-speed]

Every container runs as the image's own user, with a read-only root file system, a `/tmp` in
memory and a limit of memory. Judged: the image's size and contents, the offline preflight and how
long it takes from the container's start, and a lesson that the container makes against
PostgreSQL, Pub/Sub and an object store outside it. The last line is JSON; exit code 1 if a
verdict is "no".
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys

from deploy.image.build import TAG, inspected
from deploy.image.engine import ImageError, find_engine
from tests.image.container import Containers
from tests.image.lesson import make_lesson
from tests.image.sealing import broken_seals

MOST_MEGABYTES = 700
MOST_SECONDS = 3.0
"""From the container's start to the end of its offline preflight. (our goals)"""

RUNS = 3


def main() -> int:
    """Try the image, print every verdict, and say by the exit code whether all are good."""
    parsed = _arguments()
    try:
        found, verdicts = asyncio.run(_try(parsed))
    except ImageError as error:
        print(error, file=sys.stderr)
        return 1
    for words, is_good in verdicts.items():
        print("ok " if is_good else "NO ", words)
    print(json.dumps(found | {"passed": all(verdicts.values())}))
    return 0 if all(verdicts.values()) else 1


async def _try(parsed: argparse.Namespace) -> tuple[dict[str, object], dict[str, bool]]:
    engine = find_engine()
    about = inspected(engine, parsed.image)
    containers = Containers(engine, parsed.image, parsed.network)
    megabytes = float(str(about["image_mb"]))
    broken = broken_seals(containers)
    times = sorted(containers.preflight_seconds() for _ in range(RUNS))
    lesson = await make_lesson(containers)
    in_time = times[0] < MOST_SECONDS
    verdicts = {
        f"{megabytes} MB, less than {MOST_MEGABYTES}": megabytes < MOST_MEGABYTES,
        f"sealed: {'; '.join(broken) or 'nothing found'}": not broken,
        f"preflight in {times[0]} s (of {times}), less than {MOST_SECONDS}"
        + (", not judged" if parsed.any_speed else ""): in_time or parsed.any_speed,
        f"lesson: {lesson.status} with {', '.join(lesson.files)}": lesson.is_whole,
    }
    found = {
        "image": parsed.image,
        "image_mb": megabytes,
        "preflight_s": times[0],
        "lesson_s": lesson.seconds,
    }
    return found, verdicts


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--image", default=TAG)
    parser.add_argument(
        "--network", default="host", help="where the containers find this process's loopback"
    )
    parser.add_argument(
        "--any-speed", action="store_true", help="print the time, and do not judge it"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
