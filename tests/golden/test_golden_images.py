"""Every scene looks as it did when somebody last looked at it; `just golden` renews the images."""

from __future__ import annotations

import pytest
from PIL import Image, ImageChops, ImageDraw

from tests.golden.compare import LEAST_BLOCK, LEAST_MEAN, look_alike, similarities
from tests.golden.gallery import SCENES
from tests.golden.renew import PICTURES, golden_file, picture
from worker.lessons.look import Look, Shape


@pytest.mark.parametrize("shape", Shape)
@pytest.mark.parametrize("name", SCENES)
def test_a_scene_looks_as_its_golden_image(name: str, shape: Shape) -> None:
    drawn = picture(SCENES[name], Look(shape))
    with Image.open(golden_file(name, shape)) as golden:
        found = similarities(drawn, golden.convert("RGB"))
    assert found.mean() >= LEAST_MEAN
    assert found.min() >= LEAST_BLOCK


def test_every_golden_image_belongs_to_a_scene() -> None:
    expected = {golden_file(name, shape) for name in SCENES for shape in Shape}
    assert set(PICTURES.iterdir()) == expected


def test_a_label_that_is_gone_or_has_moved_is_noticed() -> None:
    whole = picture(SCENES["atom"], Look())
    gone = whole.copy()
    ImageDraw.Draw(gone).rectangle((362, 104, 420, 120), fill="#ffffff")
    assert not look_alike(whole, gone)
    assert not look_alike(whole, ImageChops.offset(whole, 1, 0))
    assert look_alike(whole, whole.point([min(255, level + 1) for level in range(256)] * 3))
