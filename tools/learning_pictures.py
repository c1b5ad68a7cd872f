"""Pictures of the learning pages for the map of the lecture, from the numbers of the package.

Run it with ``python -m tools.learning_pictures``.
"""

import torch
from PIL import Image, ImageDraw

from cnnviz.features.moment import moment
from cnnviz.figures import DIVERGING, SEQUENTIAL, palette
from cnnviz.learning import SURFACES, cnn_steps, descend, from_link
from cnnviz.learning.plane import EDGE
from cnnviz.settings import ASSETS
from cnnviz.training import open_run
from cnnviz.training.loop import batch_at
from cnnviz.training.recorded import recorded
from cnnviz.ui.time_machine import edges_of, shares_of

PICTURES = ASSETS / "pictures"
SPIRAL = "dataset=spiral&networkShape=8,8&optimizer=adam&learningRate=0.01&seed=2&targetLoss=0.05"


def _picture(values: torch.Tensor, side: int) -> Image.Image:
    colours = torch.from_numpy(DIVERGING.colours(256))
    places = ((values.clamp(-1, 1) + 1) / 2 * 255).round().long()
    return Image.fromarray(colours[places].numpy()).resize((side, side))


def playground() -> None:
    """Neurons of both layers, and the border between the arms of the spiral."""
    canvas = Image.new("RGB", (640, 320), "white")
    draw = ImageDraw.Draw(canvas)
    experiment = from_link(SPIRAL)
    outcome = experiment.run(400)
    side = 80
    at = [(i + 0.5) / side * 2 * EDGE - EDGE for i in range(side)]
    values = outcome.network.inputs(torch.tensor([[x, -y] for y in at for x in at], dtype=torch.float64))
    found = values
    for column, layer in enumerate(outcome.network.layers[:2]):
        found = torch.tanh(found @ layer.weight.T + layer.bias)
        for row in range(4):
            x, y = 24 + column * 130, 12 + row * 76
            canvas.paste(_picture(found[:, row].reshape(side, side), 64), (x, y))
            for other in range(4):
                end = (154 if column == 0 else 320, 44 + other * 76 if column == 0 else 160)
                draw.line((x + 64, y + 32, *end), fill="#b0b8c0", width=2)
    canvas.paste(_picture(outcome.network.answer(values).reshape(side, side), 296), (324, 12))
    for point in experiment.data.train:
        a, b = (324 + (point.x + EDGE) / (2 * EDGE) * 296, 12 + (EDGE - point.y) / (2 * EDGE) * 296)
        draw.ellipse(
            (a - 4, b - 4, a + 4, b + 4), fill="#b2182b" if point.label > 0 else "#2166ac", outline="white"
        )
    canvas.quantize(200).save(PICTURES / "playground.png", optimize=True)


def backpropagation() -> None:
    """Kernel, map and weights of the lecture's example, each number with its gradient."""
    canvas = Image.new("RGB", (640, 320), "white")
    draw = ImageDraw.Draw(canvas)
    trace = cnn_steps()
    places = {
        "kernel": (24, 24),
        "convolution": (236, 24),
        "pooling": (448, 24),
        "weights": (24, 214),
        "loss": (448, 214),
    }
    for name, (left, top) in places.items():
        grid = trace.grids[name]
        rows, columns = grid.values.shape
        for row in range(rows):
            for column in range(columns):
                x, y = left + column * 62, top + row * 54
                value, gradient = float(grid.values[row, column]), float(grid.gradients[row, column])
                colour = tuple(
                    DIVERGING.colours(256)[round((max(-4.0, min(4.0, value)) + 4) / 8 * 255)].tolist()
                )
                draw.rectangle((x, y, x + 58, y + 50), fill=colour, outline="#8899a6")
                ink = "white" if sum(colour) < 380 else "black"
                draw.text((x + 29, y + 15), f"{value:.3g}", fill=ink, font_size=19, anchor="mm")
                draw.rectangle((x + 6, y + 28, x + 52, y + 47), fill="#ede7f6")
                draw.text((x + 29, y + 37), f"{gradient:.2g}", fill="#4a148c", font_size=15, anchor="mm")
    for x, y in ((212, 100), (424, 100), (424, 240)):
        draw.polygon([(x, y - 10), (x + 18, y), (x, y + 10)], fill="#0072b2")
    canvas.quantize(200).save(PICTURES / "backpropagation.png", optimize=True)


def gradient_descent() -> None:
    """Trails of four rules over the narrow valley."""
    surface = SURFACES["valley"]
    across = torch.linspace(surface.low[0], surface.high[0], 320, dtype=torch.float64)
    up = torch.linspace(surface.high[1], surface.low[1], 160, dtype=torch.float64)
    heights = surface.values(across[None, :].expand(160, 320), up[:, None].expand(160, 320)).sqrt()
    shares = (heights / heights.max() * 22).floor() / 22
    colours = torch.from_numpy(SEQUENTIAL.colours(256))
    canvas = Image.fromarray(colours[(shares * 255).long()].numpy()).resize(
        (640, 320), Image.Resampling.NEAREST
    )
    draw = ImageDraw.Draw(canvas)
    for number, (rule, rate) in enumerate(
        (("sgd", 0.09), ("momentum", 0.02), ("rmsprop", 0.05), ("adam", 0.15))
    ):
        found = descend("valley", rule, rate=rate, steps=60)
        trail = [found.steps[0].weights, *(step.after for step in found.steps)]
        points = [((w[0] + 4) / 8 * 640, (3 - w[1]) / 6 * 320) for w in trail]
        draw.line(points, fill="white", width=6)
        draw.line(points, fill=palette().of(number), width=4)
        x, y = points[-1]
        draw.ellipse((x - 9, y - 9, x + 9, y + 9), fill=palette().of(number), outline="white", width=2)
    canvas.quantize(200).save(PICTURES / "gradient_descent.png", optimize=True)


def training_tricks() -> None:
    """Test accuracy of each way to choose the first weights, as in the bundled result."""
    canvas = Image.new("RGB", (640, 320), "white")
    draw = ImageDraw.Draw(canvas)
    draw.line((40, 20, 40, 290, 620, 290), fill="#404850", width=3)
    for number, one in enumerate(recorded("initialisation")):
        curve = one.curve("accuracy")
        last = curve[-1][0]
        points = [(40 + 580 * step / last, 290 - 265 * spread.mean) for step, spread in curve]
        draw.line(points, fill=palette().of(number), width=6, joint="curve")
    canvas.quantize(200).save(PICTURES / "training_tricks.png", optimize=True)


def runs() -> None:
    """Each training of a grid as a line through its two settings to its accuracy."""
    canvas = Image.new("RGB", (640, 320), "white")
    draw = ImageDraw.Draw(canvas)
    colours = SEQUENTIAL.colours(101)
    for number, one in enumerate(recorded("batch_size")):
        size, rate = divmod(number, 3)
        share = (one.accuracy.mean - 0.6) / 0.4
        colour = tuple(int(part) for part in colours[round(100 * max(0.0, min(1.0, share)))])
        points = [(60, 270 - 110 * size), (320, 270 - 110 * rate), (580, 290 - 260 * share)]
        draw.line(points, fill=colour, width=6, joint="curve")
    for x in (60, 320, 580):
        draw.line((x, 25, x, 295), fill="#404850", width=4)
    canvas.quantize(200).save(PICTURES / "runs.png", optimize=True)


def time_machine() -> None:
    """Histograms of the first layer's weights and gradients at the first and the last step of the example."""
    canvas = Image.new("RGB", (640, 320), "white")
    draw = ImageDraw.Draw(canvas)
    run = open_run("example")
    for column, step in enumerate((run.steps[0], run.steps[-1])):
        batch = batch_at(run.spec, step if column == 0 else step - 1)
        one = moment(run.network(step), batch.floats(), batch.labels).layers["conv1"]
        for row, values in enumerate((one.weights, one.gradients)):
            edges = edges_of([values])
            shares = shares_of(values, edges)
            left, bottom = 20 + 315 * column, 150 + 155 * row
            for place, share in enumerate(shares):
                x = left + place * 7
                draw.rectangle((x, bottom - 125 * share / max(shares), x + 5, bottom), fill=palette().of(row))
            draw.line((left, bottom, left + 287, bottom), fill="#404850", width=2)
    canvas.quantize(200).save(PICTURES / "time_machine.png", optimize=True)


def builder() -> None:
    """Layers as cards, with two branches in the middle."""
    canvas = Image.new("RGB", (640, 320), "white")
    draw = ImageDraw.Draw(canvas)
    rows = [[(200, 0)], [(200, 3)], [(60, 0), (340, 1)], [(200, 5)], [(200, 2)]]
    for number, row in enumerate(rows):
        top = 14 + 60 * number
        for left, colour in row:
            draw.rounded_rectangle(
                (left, top, left + 240, top + 44), 8, fill="#eef2f6", outline="#8896a4", width=2
            )
            draw.rounded_rectangle((left, top, left + 14, top + 44), 6, fill=palette().of(colour))
            for line in range(2):
                draw.rectangle(
                    (left + 30, top + 12 + 14 * line, left + 150 - 50 * line, top + 18 + 14 * line),
                    fill="#8896a4",
                )
    canvas.quantize(200).save(PICTURES / "builder.png", optimize=True)


if __name__ == "__main__":
    builder()
    time_machine()
    runs()
    training_tricks()
    playground()
    gradient_descent()
    backpropagation()
