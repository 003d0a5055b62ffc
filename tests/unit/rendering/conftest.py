"""MoviePy looks for a binary when it is imported; nothing here uses one."""

from __future__ import annotations

import os

os.environ.setdefault("FFMPEG_BINARY", "auto-detect")
