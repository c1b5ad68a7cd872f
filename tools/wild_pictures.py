"""The pictures of the lecture's map for the pages on networks in the wild: called by ``tools/make_example.py``."""

from itertools import pairwise

import torch
from PIL import Image, ImageDraw
from torch.nn import functional

from cnnviz.data import fit, load, photo
from cnnviz.features import layer_features, probabilities
from cnnviz.features.made import bundled_image
from cnnviz.features.path import strongest_path
from cnnviz.features.verification import draw_pairs, verification
from cnnviz.figures import boxes_of, palette
from cnnviz.figures.architectures import box_sides
from cnnviz.figures.network_drawing import kind_colour
from cnnviz.figures.unit_picture import unit_picture
from cnnviz.inspection.compute import bundled_record, share_of_peak
from cnnviz.models import ARCHITECTURES, pretrained
from cnnviz.models.architectures import COMPETITION, HUMAN_TOP5_ERROR
from cnnviz.models.pretrained import BUNDLED
from cnnviz.settings import ASSETS
from cnnviz.training import open_run
from cnnviz.training.outcomes import bundled

PICTURES = ASSETS / "pictures"
SIZE = (640, 320)


def wild_pictures() -> None:
    """All of them."""
    boxes()
    errors()
    losses()
    composed()
    answer()
    cards()
    doors()
    speeds()


def _canvas() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    canvas = Image.new("RGB", SIZE, "white")
    return canvas, ImageDraw.Draw(canvas)


def boxes() -> None:
    """The architectures page's picture: AlexNet's layers as boxes."""
    canvas, draw = _canvas()
    found = boxes_of(ARCHITECTURES["alexnet"].summary())
    sides = [box_sides(box, 224) for box in found]
    scale, x = (SIZE[0] - 40) / sum(deep + 0.8 for deep, _, _ in sides), 14.0
    for box, (deep, _, tall) in zip(found, sides, strict=True):
        thick, half = deep * scale, min(tall, 14) * 0.42 * scale
        shift, middle = 0.35 * half, SIZE[1] / 2 + 4
        colour = kind_colour(box.kind)
        top, bottom = middle - half, middle + half
        front = [(x, top), (x + thick, top), (x + thick, bottom), (x, bottom)]
        roof = [(x, top), (x + shift, top - shift), (x + thick + shift, top - shift), (x + thick, top)]
        wall = [
            (x + thick, top),
            (x + thick + shift, top - shift),
            (x + thick + shift, bottom - shift),
            (x + thick, bottom),
        ]
        for face in (roof, wall, front):
            draw.polygon(face, fill=colour, outline="white")
        x += thick + 0.8 * scale
    canvas.quantize(64).save(PICTURES / "architectures.png", optimize=True)


def errors() -> None:
    """The depth page's picture: the winners' errors as bars."""
    canvas, draw = _canvas()
    winners = [entry for entry in COMPETITION if entry.place == 1]
    wide, floor, scale = (SIZE[0] - 60) / len(winners), SIZE[1] - 24, (SIZE[1] - 60) / 30
    for number, entry in enumerate(winners):
        x, top = 30 + number * wide, floor - entry.top5_error * scale
        draw.rectangle((x + 8, top, x + wide - 8, floor), fill="#7f7f7f" if entry.layers == 0 else "#0072b2")
        draw.text((x + 10, top - 24), f"{entry.top5_error:g}", fill="black", font_size=18)
    line = floor - HUMAN_TOP5_ERROR * scale
    for x in range(20, SIZE[0] - 20, 16):
        draw.line((x, line, x + 9, line), fill="#d55e00", width=3)
    canvas.quantize(64).save(PICTURES / "depth.png", optimize=True)


def losses() -> None:
    """The ideas page's picture: training loss of plain (dashed) and residual networks."""
    canvas, draw = _canvas()
    found = {one.title: one.curve("loss") for one in bundled("residual").outcomes}
    last = max(step for curve in found.values() for step, _ in curve)
    for colour, depth in zip(palette().series[1:], (20, 32, 56), strict=False):
        for kind in ("plain", "residual"):
            points = [
                (40 + 570 * step / last, 300 - 115 * one.mean)
                for step, one in found[f"{kind}, {depth} layers"]
            ]
            if kind == "residual":
                draw.line(points, fill=colour, width=5)
                continue
            for (x, y), (right, below) in pairwise(points):
                draw.line((x, y, x + 0.55 * (right - x), y + 0.55 * (below - y)), fill=colour, width=5)
    draw.text((330, 30), "56 plain layers", fill="black", font_size=22)
    draw.text((330, 240), "56 with skip connections", fill="black", font_size=22)
    draw.line((36, 12, 36, 304, 624, 304), fill="#555", width=2)
    canvas.quantize(64).save(PICTURES / "ideas.png", optimize=True)


def composed() -> None:
    """The composition page's picture: an image made for a filter of each stage."""
    canvas, draw = _canvas()
    shown = (
        ("block2.expand_relu", 90),
        ("block4.expand_relu", 143),
        ("block6.expand_relu", 216),
        ("block12.expand_relu", 162),
        ("head_relu", 411),
    )
    for number, (layer, channel) in enumerate(shown):
        image = bundled_image(BUNDLED, layer, channel)
        assert image is not None, f"{layer} {channel} is not bundled"
        pixels = (image * 255).byte().permute(1, 2, 0).numpy()
        x = 20 + number * 122
        canvas.paste(Image.fromarray(pixels).resize((108, 108), Image.Resampling.BICUBIC), (x, 106))
        draw.text((x, 74), f"stage {number + 1}", fill="black", font_size=22)
    canvas.quantize(200).save(PICTURES / "composition.png", optimize=True)


def answer() -> None:
    """The classify page's picture: a photograph and the five most probable classes."""
    canvas, draw = _canvas()
    model = pretrained(BUNDLED)
    channels, height, width = model.input_shape
    image = fit(photo("coffee"), (channels, height, width))
    best = probabilities(model, image.unsqueeze(0))[0].topk(5)
    large = functional.interpolate(image.unsqueeze(0), (280, 280))[0]
    canvas.paste(Image.fromarray((large * 255).byte().permute(1, 2, 0).numpy()), (20, 20))
    for number, (value, place) in enumerate(zip(best.values.tolist(), best.indices.tolist(), strict=True)):
        y = 30 + number * 54
        draw.text((322, y), f"{model.classes[place]} {value:.0%}", fill="black", font_size=20)
        draw.rectangle((322, y + 26, 326 + 290 * value, y + 42), fill="#0072b2")
    canvas.quantize(200).save(PICTURES / "classify.png", optimize=True)


def cards() -> None:
    """The pipeline page's picture: a digit, maps of it, the classes."""
    canvas, draw = _canvas()
    run = open_run("example")
    image = load("mnist", "test").floats(slice(7, 8))[0]
    network = run.network(run.steps[-1])
    path = strongest_path(network, image)
    assert path.pixel is not None
    logits = torch.tensor([stop.unit.value for stop in path.stops[-1:]])
    shown = [unit_picture(image, *path.pixel, picture=True)]
    wanted = ("conv1", "pool1", "conv2", "pool2", "fc1")
    shown += [
        unit_picture(stop.maps, stop.unit.channel, stop.unit.row, stop.unit.col)
        for stop in path.stops
        if stop.unit.layer in wanted
    ]
    for number, picture in enumerate(shown):
        x, y = 24 + number % 3 * 206, 14 + number // 3 * 152
        picture.thumbnail((136, 136), Image.Resampling.NEAREST)
        canvas.paste(picture, (x, y))
        if number < len(shown) - 1:
            draw.polygon([(x + 148, y + 56), (x + 172, y + 68), (x + 148, y + 80)], fill="#0072b2")
    draw.text((576, 280), f"{logits[0]:.3g}", fill="black", font_size=22)
    canvas.quantize(200).save(PICTURES / "pipeline.png", optimize=True)


def doors() -> None:
    """The faces page's picture: both error rates by threshold, and pairs that were judged wrongly. Nobody's face."""
    canvas, draw = _canvas()
    run = open_run("example")
    test = load("mnist", "test", 1000)
    vectors = layer_features(run.network(run.steps[-1]), "flatten1", test.floats())
    found = verification(vectors, draw_pairs(test.labels, 2000))
    low, high = found.thresholds[1].item(), found.thresholds[-1].item()
    for colour, rates in ((palette().of(0), found.false_accept), (palette().of(1), found.false_reject)):
        draw.line(
            [
                (36 + 350 * (at - low) / (high - low), 300 - 280 * rate)
                for at, rate in zip(found.thresholds[1:].tolist(), rates[1:].tolist(), strict=True)
            ],
            fill=colour,
            width=5,
        )
    x = 36 + 350 * (found.equal_error_threshold - low) / (high - low)
    y = 300 - 280 * found.equal_error_rate
    draw.ellipse((x - 9, y - 9, x + 9, y + 9), fill=palette().of(2))
    draw.line((36, 12, 36, 304, 392, 304), fill="#555", width=2)
    wrong = [
        *found.just_wrong(found.equal_error_threshold, True, 1).tolist(),
        *found.just_wrong(found.equal_error_threshold, False, 1).tolist(),
    ]
    for row, number in enumerate(wrong):
        for column, one in enumerate((found.pairs.first[number], found.pairs.second[number])):
            digit = Image.fromarray(test.images[one, 0].numpy()).resize((100, 100), Image.Resampling.NEAREST)
            canvas.paste(digit, (416 + 106 * column, 28 + 150 * row))
        draw.text((416, 130 + 150 * row), "rejected" if row == 0 else "accepted", fill="black", font_size=22)
    canvas.quantize(64).save(PICTURES / "faces.png", optimize=True)


def speeds() -> None:
    """The compute page's picture: what share of the peak products and convolutions reach."""
    canvas, draw = _canvas()
    found = bundled_record().measurements
    products = [one for one in found if one.kind == "product"]
    shown = [max(products, key=lambda one: one.gflops), *(one for one in found if one.kind == "convolution")]
    most = max(one.gflops for one in shown)
    words = ("product", "LeNet-5", "3 by 3, 64", "3 by 3, 256", "1 by 1", "depthwise")
    for number, (one, title) in enumerate(zip(shown, words, strict=True)):
        y, colour = 14 + number * 51, "#d55e00" if one.kind == "product" else "#0072b2"
        draw.text((16, y + 6), title, fill="black", font_size=24)
        draw.rectangle((160, y, 160 + 380 * one.gflops / most, y + 36), fill=colour)
        draw.text(
            (170 + 380 * one.gflops / most, y + 6),
            f"{share_of_peak(one, found):.0%}",
            fill="black",
            font_size=24,
        )
    canvas.quantize(64).save(PICTURES / "compute.png", optimize=True)
