"""The pictures of the lecture's map for the pages of other tasks: called by ``tools/make_example.py``."""

import io

from PIL import Image, ImageDraw

from cnnviz.data import compose, load
from cnnviz.data.volumes import load_volumes
from cnnviz.figures import image_sheet, map_sheet, picture_sheet
from cnnviz.figures.masks import mask_sheet
from cnnviz.ops.volumes import convolve, volume_kernel
from cnnviz.settings import ASSETS
from cnnviz.tasks import detect, scan, segment
from cnnviz.training import open_run

PICTURES = ASSETS / "pictures"
SIZE, SIDE = (640, 320), 288
VOLUME = 5


def task_pictures() -> None:
    """All of them."""
    detection()
    segmentation()
    sliding_window()
    volumes()

    labels()


def _enlarged(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB").resize((SIDE, SIDE), Image.Resampling.NEAREST)


def detection() -> None:
    """Two scenes with the boxes that the bundled detector finds."""
    run = open_run("example_detector")
    network, test = run.network(run.steps[-1]), run.spec.load("test")
    canvas = Image.new("RGB", SIZE, "white")
    for place, number in enumerate((3, 8)):
        image = test.floats([number])
        part = _enlarged(picture_sheet(image[0], "scene").png)
        draw, scale = ImageDraw.Draw(part), SIDE / test.shape[1]
        for box in detect(network, image)[0].boxes.tolist():
            draw.rectangle([value * scale for value in box], outline="#56b4e9", width=4)
        canvas.paste(part, (16 + place * (SIDE + 32), 16))
    canvas.quantize(128).save(PICTURES / "detection.png", optimize=True)


def segmentation() -> None:
    """A scene and the mask that the bundled U-Net gives it."""
    run = open_run("example_unet")
    network, test = run.network(run.steps[-1]), run.spec.load("test")
    image = test.floats([3])
    mask = segment(network, image)
    canvas = Image.new("RGB", SIZE, "white")
    for place, sheet in enumerate(
        (picture_sheet(image[0], "scene"), mask_sheet(image, mask, test.classes, "mask"))
    ):
        canvas.paste(_enlarged(sheet.png), (16 + place * (SIDE + 32), 16))
    canvas.quantize(128).save(PICTURES / "segmentation.png", optimize=True)


def sliding_window() -> None:
    """A scene, and where the bundled classifier sees one of its digits."""
    run = open_run("example")
    scenes = compose(load("mnist", "test"), 4, side=98, most=6, scale=(1.0, 1.0), noise=0.1)
    picture = scenes.floats([0])[0]
    found = scan(run.network(run.steps[-1]), picture, (28, 28), 2)
    label = int(scenes.labels[0])
    canvas = Image.new("RGB", SIZE, "white")
    sheets = (picture_sheet(picture, "scene"), map_sheet(found.probabilities[label][None], span=(0, 1)))
    for place, sheet in enumerate(sheets):
        canvas.paste(_enlarged(sheet.png), (16 + place * (SIDE + 32), 16))
    canvas.quantize(128).save(PICTURES / "sliding_window.png", optimize=True)


def volumes() -> None:
    """A solid cut across and along, and the maps of the kernel that looks along the depth."""
    solid = load_volumes(split="test").volumes[VOLUME].float()
    found = convolve(solid, volume_kernel("sobel_depth"))
    sheets = (
        image_sheet(solid[2:14, None] / 255, 4, "slices"),
        map_sheet(found[2:14], columns=4, what="slices"),
    )
    canvas = Image.new("RGB", SIZE, "white")
    for place, sheet in enumerate(sheets):
        part = Image.open(io.BytesIO(sheet.png)).convert("RGBA").resize((SIDE, 216), Image.Resampling.NEAREST)
        canvas.paste(part, (16 + place * (SIDE + 32), 52), part)
    canvas.quantize(128).save(PICTURES / "volumes.png", optimize=True)


def labels() -> None:
    """A scene of several digits, and how probable the bundled network takes each digit to be."""
    run = open_run("example_labels")
    network, test = run.network(run.steps[-1]), run.spec.load("test")
    number = int((test.targets["labels"].sum(1) == 4).nonzero()[0])
    image, true = test.floats([number]), test.targets["labels"][number].tolist()
    shares = network(image)[0].detach().sigmoid().tolist()
    canvas = Image.new("RGB", SIZE, "white")
    canvas.paste(_enlarged(picture_sheet(image[0], "scene").png), (16, 16))
    draw = ImageDraw.Draw(canvas)
    left, high = SIDE + 80, SIDE / len(shares)
    for row, (name, share) in enumerate(zip(test.classes, shares, strict=True)):
        top = 16 + row * high
        draw.text((left - 30, top + 2), name, fill="black", font_size=20)
        draw.rectangle((left, top + 4, left + 4 + 220 * share, top + high - 4), fill="#0072b2" if true[row] else "#d55e00")  # fmt: skip
    draw.line((left + 112, 12, left + 112, SIDE + 20), fill="#666666", width=3)
    canvas.quantize(128).save(PICTURES / "labels.png", optimize=True)


if __name__ == "__main__":
    task_pictures()
