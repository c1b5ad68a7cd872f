"""The pictures of the lecture's map for the chapter "In class": called by ``tools/make_example.py``."""

import torch
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from cnnviz.classroom.questions import question
from cnnviz.data import load
from cnnviz.figures import DIVERGING
from cnnviz.ops.kernels import apply, kernel
from cnnviz.settings import ASSETS
from cnnviz.ui.lectures import Lecture, bundled_lecture

PICTURES = ASSETS / "pictures"
SIZE = (640, 320)
BLUE, DARK, GREY = "#0072b2", "#14202b", "#b8c4d0"
SLIDE = "Switch a channel off"
"""Title of the slide that both pictures show."""


def class_pictures() -> None:
    """All of them."""
    lecture = bundled_lecture("cnn")
    assert lecture is not None
    number = next(at for at, slide in enumerate(lecture.slides) if slide.title == SLIDE)
    light(lecture, number)
    notes(lecture, number)
    room_picture()
    questions_picture()


def _write(
    draw: ImageDraw.ImageDraw, place: tuple[int, int], text: str, size: int, colour: str = DARK
) -> None:
    draw.text(place, text, colour, ImageFont.load_default(size))


def light(lecture: Lecture, number: int) -> None:
    """The page "Lectures": a light on the slide's picture, and the bar below."""
    page = Image.open(PICTURES / f"{lecture.slides[number].page}.png").convert("RGB").resize(SIZE)
    mask = Image.new("L", SIZE, 0)
    ImageDraw.Draw(mask).ellipse((220, 30, 470, 265), fill=255)
    canvas = Image.composite(
        page, page.point(lambda value: value * 0.3), mask.filter(ImageFilter.GaussianBlur(2))
    )
    draw = ImageDraw.Draw(canvas)
    draw.rectangle((0, 276, 640, 320), "white")
    draw.line((0, 276, 640, 276), BLUE, 3)
    for left, sign in ((12, (30, 18)), (176, (18, 30))):
        draw.rounded_rectangle((left, 284, left + 48, 312), 6, outline=GREY)
        middle, (back, tip) = 298, sign
        draw.polygon([(left + back, middle - 7), (left + back, middle + 7), (left + tip, middle)], DARK)
    _write(draw, (76, 288), f"{number + 1} / {len(lecture.slides)}", 18)
    _write(draw, (240, 288), lecture.slides[number].title, 18)
    _write(draw, (560, 288), "24:05", 18, BLUE)
    canvas.save(PICTURES / "lectures.png", optimize=True)


def notes(lecture: Lecture, number: int) -> None:
    """The page "Notes": the slide's words, the clock, and what comes next."""
    canvas = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(canvas)
    slide, following = lecture.slides[number : number + 2]
    _write(draw, (24, 16), slide.title, 26)
    lines, line = [], ""
    for word in slide.notes.split():
        if draw.textlength(f"{line} {word}", ImageFont.load_default(17)) > 350:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    for at, text in enumerate([*lines, line][:9]):
        _write(draw, (24, 62 + 27 * at), text, 17)
    draw.line((400, 20, 400, 300), GREY, 2)
    _write(draw, (420, 12), "24:05", 40, BLUE)
    after = Image.open(PICTURES / f"{following.page}.png").convert("RGB").resize((196, 98))
    _write(draw, (420, 84), following.title, 15)
    canvas.paste(after, (420, 110))
    draw.rectangle((419, 109, 616, 208), outline=GREY)
    share = (number + 1) / len(lecture.slides)
    draw.rounded_rectangle((420, 250, 616, 264), 7, fill="#eef2f6")
    draw.rounded_rectangle((420, 250, 420 + int(196 * share), 264), 7, fill=BLUE)
    _write(draw, (420, 272), f"{number + 1} / {len(lecture.slides)}", 16)
    canvas.save(PICTURES / "notes.png", optimize=True)


def _screen(canvas: Image.Image, box: tuple[int, int, int, int], picture: Image.Image, frame: str) -> None:
    left, top, right, bottom = box
    draw = ImageDraw.Draw(canvas)
    draw.rounded_rectangle((left - 8, top - 8, right + 8, bottom + 8), 8, fill=frame)
    canvas.paste(picture.resize((right - left, bottom - top), Image.Resampling.NEAREST), (left, top))


def room_picture() -> None:
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


def questions_picture() -> None:
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
    class_pictures()
