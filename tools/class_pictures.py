"""Pictures of the pages for a class, for the map of the lecture, from the numbers of the package.

Run it with ``python -m tools.class_pictures``.
"""

import torch
from PIL import Image, ImageDraw

from cnnviz.classroom.questions import question
from cnnviz.data import load
from cnnviz.figures import DIVERGING
from cnnviz.ops.kernels import apply, kernel
from cnnviz.settings import ASSETS

PICTURES = ASSETS / "pictures"


def _screen(canvas: Image.Image, box: tuple[int, int, int, int], picture: Image.Image, frame: str) -> None:
    left, top, right, bottom = box
    draw = ImageDraw.Draw(canvas)
    draw.rounded_rectangle((left - 8, top - 8, right + 8, bottom + 8), 8, fill=frame)
    canvas.paste(picture.resize((right - left, bottom - top), Image.Resampling.NEAREST), (left, top))


def room() -> None:
    """The map of a digit on the lecturer's screen and on those of four students; one looks at something else."""
    canvas = Image.new("RGB", (640, 320), "white")
    digit = load("mnist", "test").floats(slice(3, 4))[0, 0]
    colours = torch.from_numpy(DIVERGING.colours(256))

    def picture(name: str) -> Image.Image:
        values = apply(digit[None], kernel(name)).reshape(28, 28)
        places = ((values / values.abs().max() + 1) / 2 * 255).round().long()
        return Image.fromarray(colours[places].numpy())

    _screen(canvas, (200, 20, 440, 180), picture("sobel_x"), "#0072b2")
    for place in range(4):
        left = 30 + 152 * place
        alone = place == 2
        _screen(
            canvas,
            (left, 222, left + 120, 302),
            picture("laplacian" if alone else "sobel_x"),
            "#e69f00" if alone else "#5f6b76",
        )
    canvas.quantize(200).save(PICTURES / "room.png", optimize=True)


def questions() -> None:
    """A question of the size of a map, with its choices."""
    canvas = Image.new("RGB", (640, 320), "white")
    draw = ImageDraw.Draw(canvas)
    asked = question("convolution_size", 7)
    given = asked.given
    draw.text(
        (320, 44),
        f"{given['n']} x {given['n']},  kernel {given['k']} x {given['k']},  s {given['s']},  p {given['p']},  d {given['d']}",
        fill="#20262c",
        font_size=34,
        anchor="mm",
    )
    for place, option in enumerate(asked.options):
        left, top = 40 + 290 * (place % 2), 92 + 112 * (place // 2)
        colour = "#1a8a4b" if option.right else "#8896a4"
        draw.rounded_rectangle((left, top, left + 270, top + 92), 12, fill="#eef2f6", outline=colour, width=5)
        draw.text((left + 135, top + 46), option.text, fill=colour, font_size=46, anchor="mm")
    canvas.quantize(200).save(PICTURES / "questions.png", optimize=True)


if __name__ == "__main__":
    room()
    questions()
