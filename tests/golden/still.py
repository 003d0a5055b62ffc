"""One frame of a plan, composed plainly: every element's sprite over the one before."""

from __future__ import annotations

from PIL import Image

from worker.layout.theme import rgb
from worker.lessons.render_plan import ScenePlan
from worker.rendering.sprites import draw_sprite


def draw_still(plan: ScenePlan, frame: int) -> Image.Image:
    """A frame of a scene in full size, without the video's colour subsampling."""
    image = Image.new("RGB", (plan.width, plan.height), rgb(plan.background))
    for element in plan.elements:
        opacity = element.motion.opacity_at(frame)
        if opacity > 0:
            dx, dy = element.motion.offset_at(frame)
            sprite = draw_sprite(element)
            if opacity < 1:
                levels = [round(value * opacity) for value in range(256)]
                sprite.putalpha(sprite.getchannel("A").point(levels))
            image.paste(sprite, (element.box.x + dx, element.box.y + dy), sprite)
    return image
