"""Draws the golden images anew, and the pictures of the documents: `just golden`.

Look at every picture that changed (`git diff --stat tests/golden`) before it is committed.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from tests.golden.gallery import KINDS, SCENES, VISUALS
from worker.layout.scenes import plan_scene
from worker.layout.theme import SUBJECTS
from worker.lessons.look import Appearance, LessonFace, Look, Shape
from worker.lessons.timeline import PlacedScene
from worker.rendering.composition import ScenePainter

PICTURES = Path(__file__).parent / "pictures"
DOCUMENTS = Path(__file__).parents[2] / "docs" / "images"
WIDTHS = {Shape.LANDSCAPE: 480, Shape.PORTRAIT: 270}
"""Of a golden image, in pixels: a quarter of the frame's."""

BEFORE_THE_END = 30
"""Frames: by then all is shown, and the curtain has not fallen."""

SUBJECT_OF_GOLDEN_IMAGES = "physics"


def picture(
    placed: PlacedScene, look: Look, subject: str = SUBJECT_OF_GOLDEN_IMAGES
) -> Image.Image:
    """A scene near its end as the encoder gets it, a quarter as large as its frame."""
    face = LessonFace("Newton's third law", subject, look)
    plan = plan_scene(placed, scene_number=2, scene_count=6, face=face)
    canvas = ScenePainter(plan).canvas_at(plan.frame_count - BEFORE_THE_END)
    still = Image.fromarray(canvas.frame().to_ndarray(format="rgb24"))
    width = WIDTHS[look.shape]
    height = still.height * width // still.width
    return still.resize((width, height), Image.Resampling.BOX)


def golden_file(name: str, shape: Shape) -> Path:
    """Where a scene's golden image is."""
    return PICTURES / f"{name}-{shape.name.lower()}.png"


def contact_sheet(pictures: list[Image.Image], columns: int, gap: int = 6) -> Image.Image:
    """Pictures of one size side by side."""
    width, height = pictures[0].size
    rows = -(-len(pictures) // columns)
    sheet = Image.new(
        "RGB", (columns * (width + gap) - gap, rows * (height + gap) - gap), (140, 140, 140)
    )
    for number, one in enumerate(pictures):
        row, column = divmod(number, columns)
        sheet.paste(one, (column * (width + gap), row * (height + gap)))
    return sheet


def theme_sheet(subject: str, appearance: Appearance) -> Image.Image:
    """Every kind of scene in one theme."""
    look = Look(appearance=appearance)
    return contact_sheet([picture(one, look, subject) for one in KINDS.values()], columns=5)


def main() -> None:
    """Write every golden image, a sheet for each theme, and the pictures of the documents."""
    PICTURES.mkdir(exist_ok=True)
    for shape in Shape:
        for name, placed in SCENES.items():
            image = picture(placed, Look(shape))
            image.save(golden_file(name, shape), optimize=True)
    for name, scenes, across, upright_across in (
        ("scenes", KINDS, 5, 5),
        ("visuals", VISUALS, 3, 7),
    ):
        wide = [picture(one, Look()) for one in scenes.values()]
        upright = [picture(one, Look(Shape.PORTRAIT)) for one in scenes.values()]
        contact_sheet(wide, across).save(DOCUMENTS / f"{name}.png", optimize=True)
        contact_sheet(upright, upright_across).save(
            DOCUMENTS / f"{name}-upright.png", optimize=True
        )
    for appearance in Appearance:
        sheets = [theme_sheet(subject, appearance) for subject in (*SUBJECTS, "history")]
        small = [sheet.reduce(2) for sheet in sheets]
        sheet = contact_sheet(small, 2, gap=16)
        sheet.save(DOCUMENTS / f"themes-{appearance.value}.png", optimize=True)


if __name__ == "__main__":
    main()
