"""Builds the image: `just image`.

    python -m deploy.image.build [--tag NAME] [--base IMAGE | --stand-in-base] [--ca-bundle FILE]

With Docker where its engine answers, else with buildah. The same commit, lock and base give the
same image: packages are held to the hashes of locks/runtime.lock, and files and image bear the
time of the commit. The last line is JSON: tag, id, base and megabytes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from deploy.image.engine import Engine, ImageError, call, find_engine
from deploy.image.stand_in import make_stand_in

ROOT = Path(__file__).parents[2]
TAG = "localhost/content-worker:local"
BASE = "docker.io/library/python:3.11-slim"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
MEGABYTE = 1_000_000


def main() -> int:
    """Build, and say what came of it."""
    parsed = _arguments()
    try:
        engine = find_engine()
        base = make_stand_in(engine) if parsed.stand_in_base else parsed.base
        build(engine, parsed.tag, base, parsed.ca_bundle)
        print(json.dumps({"tag": parsed.tag, "base": base, **inspected(engine, parsed.tag)}))
    except ImageError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def build(engine: Engine, tag: str, base: str, ca_bundle: Path | None) -> None:
    """Build the Dockerfile on a base.

    Raises:
        ImageError: It cannot be built.
    """
    command = [*engine.build, "--tag", tag, "--build-arg", f"BASE={base}"]
    if ca_bundle is not None:
        if engine.is_docker:
            raise ImageError(
                "Docker mounts no file into a build: let the base image trust the authority"
            )
        command += ["--volume", f"{ca_bundle.resolve()}:{CERTIFICATES}:ro"]
    if engine.is_docker:
        os.environ["SOURCE_DATE_EPOCH"] = committed_at()
    else:
        command += ["--timestamp", committed_at()]
    print("building", tag, "on", base, file=sys.stderr)
    print(call([*command, str(ROOT)]), file=sys.stderr)


def committed_at() -> str:
    """Return the time of the last commit in seconds since 1970; 0 outside a repository."""
    done = subprocess.run(
        ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"],  # noqa: S607  # whichever git is there
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "0"


def inspected(engine: Engine, tag: str) -> dict[str, object]:
    """Return an image's id, user and size in megabytes (10^6 bytes, not compressed).

    Raises:
        ImageError: There is no such image.
    """
    document = json.loads(call([*engine.run, "image", "inspect", tag]))[0]
    return {
        "id": document["Id"].removeprefix("sha256:"),
        "user": document["Config"]["User"],
        "image_mb": round(document["Size"] / MEGABYTE, 1),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tag", default=TAG)
    base = parser.add_mutually_exclusive_group()
    base.add_argument("--base", default=BASE, metavar="IMAGE")
    base.add_argument(
        "--stand-in-base",
        action="store_true",
        help="for a machine that reaches no image registry: make the base from Debian's packages",
    )
    parser.add_argument(
        "--ca-bundle",
        type=Path,
        metavar="FILE",
        help="certificates that the build trusts, behind a proxy of your own; not in the image",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
