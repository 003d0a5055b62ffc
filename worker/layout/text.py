"""Measured, wrapped text: what fits where, at which size.

Everything is measured with the font that draws it, ascent and descent included, so that no
descender is ever cut and no line is ever wider than its box.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil, floor

from worker.layout.fonts import CAP_HEIGHT, OVERHANG, clean_text, load_font
from worker.lessons.errors import LayoutError
from worker.lessons.render_plan import Box, TextLine

MINIMUM_SIZE = 36
"""Smallest font size at 1080p, in pixels (LESSON_RULES "layout")."""

TYPE_SCALE = (176, 152, 132, 116, 104, 92, 80, 70, 62, 54, 48, 42, MINIMUM_SIZE)
"""The sizes in use, in pixels: steps of about 1.14, so that two sizes never look almost alike."""


_WRAP_TOLERANCE = 4
"""Pixels; a closer search for the evenest lines cannot be seen."""


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How a text may be set.

    Attributes:
        weight: 100 to 900.
        largest: No size of the type scale above this one is taken, in pixels.
        leading: Distance of two baselines as a share of the font size.
        max_lines: No more lines than this.
        smallest: No size below this one is taken, in pixels.
    """

    weight: int
    largest: int
    leading: float = 1.25
    max_lines: int = 12
    smallest: int = MINIMUM_SIZE

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes to try, from the largest to the smallest."""
        return tuple(size for size in TYPE_SCALE if self.smallest <= size <= self.largest)

    def raised(self, steps: int) -> TextStyle:
        """The style with a largest size that many steps up the type scale.

        Raises:
            ValueError: The largest size is not of the type scale.
        """
        place = TYPE_SCALE.index(self.largest)
        return replace(self, largest=TYPE_SCALE[max(0, place - steps)])


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A text that has been wrapped at one size; it has no place yet.

    Attributes:
        line_height: Distance of two baselines, in pixels.
        width: Of the widest line, in pixels.
        overhang: How far accents rise above the capitals, and descenders below the baseline.
    """

    lines: tuple[str, ...]
    font_size: int
    weight: int
    line_height: int
    width: int
    overhang: int

    @property
    def cap_height(self) -> int:
        """Height of a capital letter, in pixels."""
        return round(self.font_size * CAP_HEIGHT)

    @property
    def height(self) -> int:
        """From the top of the first line's capitals to the last baseline, in pixels."""
        return self.cap_height + (len(self.lines) - 1) * self.line_height


# A variable font takes a millisecond for a line, and scenes are laid out in several ways before
# one fits: what was measured is kept.
@lru_cache(maxsize=4096)
def text_width(text: str, size: int, weight: int) -> float:
    """Advance width in pixels, kerning included."""
    return load_font(size, weight).getlength(text)


@lru_cache(maxsize=4096)
def _ink(text: str, size: int, weight: int) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a line's ink, from its first glyph's origin."""
    return load_font(size, weight).getbbox(text, anchor="ls")


def wrap(text: str, width: float, measure: Callable[[str], float]) -> tuple[str, ...]:
    """Break at spaces into as few lines as possible, then make the lines alike in length.

    Returns:
        The lines; a single word may be wider than `width`.
    """
    words = text.split(" ")
    lines = _wrap_greedy(words, width, measure)
    low, high = 0.0, width
    while high - low > _WRAP_TOLERANCE:
        middle = (low + high) / 2
        narrower = _wrap_greedy(words, middle, measure)
        if len(narrower) == len(lines) and max(map(measure, narrower)) <= middle:
            high = middle
        else:
            low = middle
    return _wrap_greedy(words, high, measure)


def _wrap_greedy(
    words: Sequence[str], width: float, measure: Callable[[str], float]
) -> tuple[str, ...]:
    lines = [words[0]]
    for word in words[1:]:
        longer = f"{lines[-1]} {word}"
        if measure(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return tuple(lines)


def set_text(text: str, width: int, size: int, style: TextStyle) -> TextBlock:
    """Wrap a text at one size.

    Raises:
        LayoutError: A character has no glyph, or there is none to draw.
    """
    return _block(*_wrapped(clean_text(text), width, size, style.weight), size, style)


@lru_cache(maxsize=4096)
def _wrapped(cleaned: str, width: int, size: int, weight: int) -> tuple[tuple[str, ...], int]:
    """The lines of a text, and the width of the widest, in pixels.

    Raises:
        LayoutError: Nothing of it would be seen.
    """
    if not cleaned.strip():
        raise LayoutError("a text holds nothing to draw", "write a text, or leave it out")

    def measure(line: str) -> float:
        return text_width(line, size, weight)

    wrapped = wrap(cleaned, width, measure)
    # A no-break space has done its work; it looks the same as a space.
    lines = tuple(line.replace("\N{NO-BREAK SPACE}", " ") for line in wrapped)
    return lines, ceil(max(map(measure, wrapped)))


def _block(lines: tuple[str, ...], width: int, size: int, style: TextStyle) -> TextBlock:
    rise, fall = _reach(lines, size, style.weight)
    return TextBlock(
        lines=lines,
        font_size=size,
        weight=style.weight,
        line_height=max(round(size * style.leading), rise + round(size * CAP_HEIGHT) + fall + 1),
        width=width,
        overhang=max(ceil(size * OVERHANG), rise, fall),
    )


def _reach(lines: Sequence[str], size: int, weight: int) -> tuple[int, int]:
    """How far accents rise above the capitals and descenders fall, where that is unusual."""
    if all(map(str.isascii, lines)):
        return 0, 0
    boxes = [_ink(line, size, weight) for line in lines]
    rise = max(ceil(-box[1] - size * CAP_HEIGHT) for box in boxes)
    return max(rise, 0), max(0, *(ceil(box[3]) for box in boxes))


def fit_text(text: str, width: int, height: int, style: TextStyle) -> TextBlock:
    """Wrap a text at the largest size at which it fits.

    Raises:
        LayoutError: It does not fit at the smallest size, or a character has no glyph.
    """
    return fit_together((text,), (width,), style, lambda blocks: blocks[0].height <= height)[0]


def fit_line(text: str, width: int, height: int, style: TextStyle, smallest: int) -> TextBlock:
    """Set a text on one line if that goes at `smallest` or larger; wrap it otherwise.

    Raises:
        LayoutError: It does not fit at the smallest size, or a character has no glyph.
    """
    for size in style.sizes:
        block = set_text(text, width, size, style)
        if len(block.lines) > 1 or block.width > width or block.height > height:
            continue
        if size >= smallest:
            return block
    return fit_text(text, width, height, style)


def fit_together(
    texts: Sequence[str],
    widths: Sequence[int],
    style: TextStyle,
    fits: Callable[[Sequence[TextBlock]], bool],
) -> tuple[TextBlock, ...]:
    """Wrap texts that belong together at one size: the largest at which all of them fit.

    Args:
        texts: Each is set within the width of the same index, in pixels.
        widths: One for each text.
        style: Shared by all.
        fits: Judges the blocks' heights.

    Raises:
        LayoutError: They do not fit at the smallest size, or a character has no glyph.
    """
    cleaned = [clean_text(text) for text in texts]
    for size in style.sizes:
        blocks = _set_all(cleaned, widths, size, style)
        if blocks is not None and fits(blocks):
            return blocks
    characters = sum(map(len, texts))
    raise LayoutError(
        f"{len(texts)} text(s) of {characters} characters do not fit at {style.smallest} px",
        "shorten the text on screen, or spread it over more scenes",
    )


def _set_all(
    cleaned: Sequence[str], widths: Sequence[int], size: int, style: TextStyle
) -> tuple[TextBlock, ...] | None:
    """All texts at one size; None as soon as one is too wide or has too many lines."""
    wrapped = []
    for text, allowed in zip(cleaned, widths, strict=True):
        lines, width = _wrapped(text, allowed, size, style.weight)
        if width > allowed or len(lines) > style.max_lines:
            return None
        wrapped.append((lines, width))
    return tuple(_block(lines, width, size, style) for lines, width in wrapped)


def capitalised(text: str) -> str:
    """The text with a capital first letter, if its first word is an ordinary word.

    Symbols keep their case: ``x``, ``pH``, ``sin x``.
    """
    first = text.split(" ", maxsplit=1)[0].rstrip(",;:")
    is_word = first == "a" or (first.isalpha() and first.islower() and len(first) > 1)
    return text[0].upper() + text[1:] if is_word and first not in _FUNCTIONS else text


_FUNCTIONS = frozenset({"sin", "cos", "tan", "log", "ln", "lim", "exp"})


def ellipsize(text: str, width: int, size: int, weight: int) -> str:
    """The text on one line, its end replaced by an ellipsis where it is too long.

    Only for texts that stand elsewhere in full, such as the lesson's title in the header.

    Raises:
        LayoutError: A character has no glyph.
    """
    cleaned = clean_text(text)
    if text_width(cleaned, size, weight) <= width:
        return cleaned
    words = cleaned.split(" ")
    while len(words) > 1 and text_width(f"{' '.join(words)}…", size, weight) > width:
        words.pop()
    shortened = " ".join(words)
    while text_width(f"{shortened}…", size, weight) > width:
        shortened = shortened[:-1]
    return f"{shortened}…"


def place_block(block: TextBlock, x: int, top: int) -> tuple[TextLine, ...]:
    """Lines flush left at `x`, the first line's capitals starting at `top`.

    A quotation mark that opens a line hangs in the margin, so that the letters are flush.
    """
    return tuple(
        TextLine(
            line,
            x - _hang(line, block),
            top + block.cap_height + index * block.line_height,
        )
        for index, line in enumerate(block.lines)
    )


def _hang(line: str, block: TextBlock) -> int:
    """How far a line's first sign hangs out."""
    if line[0] not in _HANGING:
        return 0
    return round(text_width(line[0], block.font_size, block.weight))


_HANGING = frozenset("\u201c\u2018\u00ab")
"""Opening quotation marks."""


def center_block(block: TextBlock, box: Box) -> tuple[TextLine, ...]:
    """Lines centred in a box, optically: by capitals and baselines, not by descenders."""
    first = box.y + (box.height - block.height) // 2 + block.cap_height
    return tuple(
        TextLine(
            line,
            round(box.x + (box.width - text_width(line, block.font_size, block.weight)) / 2),
            first + index * block.line_height,
        )
        for index, line in enumerate(block.lines)
    )


def ink_box(lines: Sequence[TextLine], size: int, weight: int) -> Box:
    """The box that holds the lines from ascent to descent, and every glyph's ink."""
    font = load_font(size, weight)
    ascent, descent = font.getmetrics()
    boxes = []
    for line in lines:
        left, top, right, bottom = _ink(line.text, size, weight)
        x = line.x + min(0, floor(left))
        y = line.baseline + min(-ascent, floor(top))
        width = max(ceil(right), ceil(text_width(line.text, size, weight))) + line.x - x
        boxes.append(Box(x, y, width, line.baseline + max(descent, ceil(bottom)) - y))
    whole = boxes[0]
    for box in boxes[1:]:
        whole = whole.union(box)
    return whole
