"""How alike two pictures look: the structural similarity (SSIM) of red, green and blue.

Wang, Bovik, Sheikh and Simoncelli 2004 (doi 10.1109/TIP.2003.819861), with that paper's
constants (K1 = 0.01, K2 = 0.03), over blocks of 8 x 8 pixels as in its section III-C.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BLOCK = 8
LEAST_MEAN = 0.995
"""Between two pictures that look the same. (ours: font rasters of another FreeType differ less)"""

LEAST_BLOCK = 0.80
"""Of the block that differs most: a label of a few letters must not drown in a large page.
(ours: a moved letter gives 0.5 or less)"""

_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def similarities(one: Image.Image, other: Image.Image) -> NDArray[np.float64]:
    """The similarity of each colour of each block, up to 1.

    Raises:
        ValueError: The pictures differ in size.
    """
    if one.size != other.size:
        raise ValueError(f"pictures of {one.size} and {other.size} pixels cannot be compared")
    first, second = _blocks(one), _blocks(other)
    mean1, mean2 = first.mean(axis=1), second.mean(axis=1)
    spread = ((first - mean1[:, None]) * (second - mean2[:, None])).mean(axis=1)
    return np.asarray(
        (2 * mean1 * mean2 + _C1)
        * (2 * spread + _C2)
        / ((mean1**2 + mean2**2 + _C1) * (first.var(axis=1) + second.var(axis=1) + _C2))
    )


def look_alike(one: Image.Image, other: Image.Image) -> bool:
    """Whether nobody would tell the pictures apart."""
    found = similarities(one, other)
    return bool(found.mean() >= LEAST_MEAN and found.min() >= LEAST_BLOCK)


def _blocks(image: Image.Image) -> NDArray[np.float64]:
    """Rows of one colour of one block each; what is left at the right and bottom is dropped."""
    pixels = np.asarray(image.convert("RGB"), dtype=np.float64)
    rows, columns = pixels.shape[0] // BLOCK, pixels.shape[1] // BLOCK
    cut = pixels[: rows * BLOCK, : columns * BLOCK]
    split = cut.reshape(rows, BLOCK, columns, BLOCK, 3).transpose(0, 2, 4, 1, 3)
    return split.reshape(rows * columns * 3, BLOCK * BLOCK)
