"""A base image from Debian's packages, for a machine that reaches no image registry.

It stands in for `python:3.11-slim` while the Dockerfile is tried, and for nothing else: its
Python is Debian's (3.13), so that wheels of that version are taken from the same lock.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from deploy.image.engine import Engine, ImageError, call

SUITE = "trixie"
NAME = f"localhost/python-stand-in:{SUITE}"
PACKAGES = ("python3", "python3-venv", "ca-certificates")

LEFT_OUT = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/info/*")
"""What Debian's own slim images leave out, too."""


def make_stand_in(engine: Engine) -> str:
    """Return the name of the stand-in; it is made once.

    Raises:
        ImageError: mmdebstrap is not there, or fails.
    """
    if NAME in call([*engine.run, "image", "ls", "--format", "{{.Repository}}:{{.Tag}}"]).split():
        return NAME
    if not shutil.which("mmdebstrap"):
        raise ImageError("mmdebstrap is not installed (Debian: apt-get install mmdebstrap)")
    print(f"making {NAME} from Debian's packages", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        archive = str(Path(folder) / "base.tar")
        excludes = [f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT]
        packages = f"--include={','.join(PACKAGES)}"
        call(["mmdebstrap", "--variant=minbase", "--quiet", *excludes, packages, SUITE, archive])
        path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        call([*engine.run, "import", "--change", f"ENV {path}", archive, NAME])
    return NAME
