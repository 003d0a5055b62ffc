"""What must not be in the image, and what must hold while it runs."""

from __future__ import annotations

import json

from tests.image.container import Containers

GIBIBYTE = 1 << 30

PROGRAM = """
import json, os, pathlib, shutil
from worker.machine import read_machine
found = []
if os.getuid() == 0:
    found.append("runs as root")
for folder in ("/opt/worker", "/etc", "/home", "/usr/local"):
    try:
        pathlib.Path(folder, "written").touch()
        found.append(f"{folder} can be written")
    except OSError:
        pass
found += [f"{tool} is inside" for tool in ("cc", "gcc", "g++", "c++", "make", "uv", "git")
          if shutil.which(tool)]
found += [f"{path} is inside" for path in ("/root/.cache", "/src", "/opt/uv", "/tmp/.cache")
          if os.path.exists(path)]
site = pathlib.Path(shutil.__file__ and __import__("worker").__file__).parents[1]
modules = [path for path in site.glob("worker/**/*.py")]
compiled = [path for path in site.glob("worker/**/__pycache__/*.pyc")]
if len(compiled) < len(modules):
    found.append(f"{len(modules) - len(compiled)} modules of the worker are not compiled")
print(json.dumps({"found": found, "memory_bytes": read_machine().memory_bytes}))
"""


def broken_seals(containers: Containers) -> list[str]:
    """Return what is wrong with the image's contents or with how its containers are limited.

    Raises:
        ImageError: No container could be run.
    """
    answer = json.loads(containers.python(PROGRAM).splitlines()[-1])
    broken: list[str] = answer["found"]
    if answer["memory_bytes"] != 4 * GIBIBYTE:
        broken.append(f"the limit of memory is {answer['memory_bytes']} bytes")
    return broken
