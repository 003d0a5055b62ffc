"""Inter as the page needs it: the font of the lessons, with the letters of Latin scripts only."""

from __future__ import annotations

import asyncio
import io
import sys

from aiohttp import web
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

from worker.layout.fonts import BOLD, REGULAR, font_path

_CODE_POINTS = (  # Latin letters, punctuation, subscripts, arrows, minus and a tick
    *range(0x20, 0x7F),
    *range(0xA0, 0x180),
    *range(0x2010, 0x2027),
    *range(0x2080, 0x208A),
    *range(0x2190, 0x2194),
    0x2212,
    0x2713,
)
TEXT_SIZE = 18
"""The optical size: the page's text has 16-20 px."""


class PageFont:
    """Cuts the font at its first use, and keeps it: some 35 kB instead of 880.

    That takes seconds of a processor, which a child spends: the page goes on meanwhile, in the
    font that the machine has.
    """

    def __init__(self) -> None:
        self._cutting: asyncio.Task[bytes] | None = None

    async def serve(self, _: web.Request) -> web.Response:
        """Answer with the font; it changes only with the wheel that it is in."""
        if self._cutting is None:
            self._cutting = asyncio.create_task(_cut_in_child(), name="cut-font")
        content = await asyncio.shield(self._cutting)
        return web.Response(
            body=content,
            content_type="font/woff",
            headers={"Cache-Control": "private, max-age=604800"},
        )

    async def close(self, _: web.Application) -> None:
        """End a child that still cuts."""
        if self._cutting is not None:
            self._cutting.cancel()
            await asyncio.gather(self._cutting, return_exceptions=True)


async def _cut_in_child() -> bytes:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, stdout=asyncio.subprocess.PIPE
    )
    try:
        content, _ = await child.communicate()
    except asyncio.CancelledError:
        child.kill()
        await child.wait()
        raise
    if child.returncode:
        raise RuntimeError(f"the child that cuts the font ended with {child.returncode}")
    return content


def cut_font() -> bytes:
    """Return Inter from regular to bold, at one optical size, as WOFF."""
    with TTFont(font_path()) as font:
        subsetter = Subsetter(Options(layout_features=["kern", "tnum"]))
        subsetter.populate(unicodes=_CODE_POINTS)
        subsetter.subset(font)
        cut = instantiateVariableFont(
            font, {"opsz": TEXT_SIZE, "wght": (REGULAR, BOLD)}, inplace=True
        )
        cut.flavor = "woff"
        target = io.BytesIO()
        cut.save(target)
    return target.getvalue()


if __name__ == "__main__":
    sys.stdout.buffer.write(cut_font())
