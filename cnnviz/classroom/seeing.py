"""Questions of the chapter "Seeing": images, convolution, pooling, activations, dropout, the last layer."""

import math
import random

import torch
from torch.nn import functional as F

from cnnviz.classroom.asking import (
    Grid,
    Place,
    Question,
    Redraw,
    asks,
    choice,
    number,
    number_text,
    pixel,
    table_text,
    whole_numbers,
)
from cnnviz.data import load
from cnnviz.ops import convolution, pooling
from cnnviz.ops.activations import ACTIVATIONS
from cnnviz.ops.convolution import output_size
from cnnviz.ops.dense import flat_index
from cnnviz.ops.kernels import KERNELS, apply, kernel
from cnnviz.ops.layer_cost import layer_cost
from cnnviz.ops.receptive_field import Window, receptive_fields
from cnnviz.words import one_after_another, say

CONVOLUTION = "pages/seeing/convolution.py"
LAYER = "pages/seeing/convolutional_layer.py"
POOLING = "pages/seeing/pooling.py"
ACTIVATION = "pages/seeing/activations.py"
DROPOUT = "pages/seeing/dropout.py"
CONNECTED = "pages/seeing/fully_connected.py"
KERNEL = "pages/seeing/kernels.py"
IMAGE = "pages/seeing/image_as_numbers.py"
NEAR_THE_TOP = 0.9
"""A pixel whose answer is at least this share of the largest one is right."""


@asks("brightest_pixel", "The brightest or the darkest pixel", IMAGE, "pixel")
def brightest_pixel(draw: random.Random) -> Question:
    side = 6
    values = torch.tensor(whole_numbers(draw, side, side, 0, 255))
    top = float(values.max())
    places = [(int(r), int(c)) for r, c in (values == top).nonzero().tolist()]
    dark = draw.random() < 0.5
    if dark:
        low = float(values.min())
        places = [(int(r), int(c)) for r, c in (values == low).nonzero().tolist()]
    if len(places) != 1:
        raise Redraw
    text = (
        say(
            "These are the numbers of a grey image: 0 is black, 255 is white. Click the darkest pixel in the picture."
        )
        if dark
        else say(
            "These are the numbers of a grey image: 0 is black, 255 is white. Click the brightest pixel in the picture."
        )
    )
    row, column = places[0]
    return pixel(
        text,
        values,
        places,
        say(
            "The number is {value}, in row {row} and column {column}; rows and columns are counted from 0, from the top left.",
            value=int(values[row, column]),
            row=row,
            column=column,
        ),
        Place(IMAGE),
        {"values": values, "dark": dark},
        grids=(Grid(say("The numbers"), values),),
    )


@asks("convolution_size", "The size of a map", CONVOLUTION, "choice")
def convolution_size(draw: random.Random) -> Question:
    n, k = draw.randint(6, 12), draw.choice((2, 3, 4, 5))
    s, p, d = draw.choice((1, 1, 2, 2, 3)), draw.choice((0, 1, 2)), draw.choice((1, 1, 1, 2))
    if n + 2 * p < d * (k - 1) + 1 or (p, s, d) == (0, 1, 1):
        raise Redraw
    right = output_size(n, k, s, p, d)
    reach = d * (k - 1) + 1
    wrong = [
        (
            (n - reach) // s + 1,
            say("forgot the padding"),
            say("This is the size without padding; {p} rows of zeros are added on each side.", p=p),
        ),
        (
            (n + p - reach) // s + 1,
            say("padding on one side"),
            say("Padding is added on both sides: {n} + 2 · {p}.", n=n, p=p),
        ),
        (
            (n + 2 * p - reach) // s,
            say("forgot the + 1"),
            say("The kernel already stands at one place before its first step: add 1."),
        ),
        (
            n + 2 * p - reach + 1,
            say("forgot the stride"),
            say("With a stride of {s} the kernel stands only at each {s}th place.", s=s),
        ),
        (
            (n + 2 * p - k) // s + 1,
            say("forgot the dilation"),
            say("A dilated kernel reaches over d · (k − 1) + 1 = {reach} pixels.", reach=reach),
        ),
    ]
    draw.shuffle(wrong)
    wrong = [one for one in wrong if one[0] > 0]
    return choice(
        draw,
        say(
            "An image of {n}×{n} pixels meets a {k}×{k} kernel with stride {s}, padding {p} and dilation {d}. How many rows has the map?",
            n=n,
            k=k,
            s=s,
            p=p,
            d=d,
        ),
        right,
        wrong,
        say(
            "⌊(n + 2p − d (k − 1) − 1) / s⌋ + 1 = ⌊({n} + {p2} − {d} · {k1} − 1) / {s}⌋ + 1 = {right}.",
            n=n,
            p2=2 * p,
            d=d,
            k1=k - 1,
            s=s,
            right=right,
        ),
        Place(
            CONVOLUTION,
            {
                "rows": str(n),
                "cols": str(n),
                "size": str(k),
                "stride": str(s),
                "padding": str(p),
                "dilation": str(d),
            },
        ),
        {"n": n, "k": k, "s": s, "p": p, "d": d},
    )


@asks("convolution_value", "One value of a map", CONVOLUTION, "number")
def convolution_value(draw: random.Random) -> Question:
    image, weights = whole_numbers(draw, 4, 4, 0, 3), whole_numbers(draw, 3, 3, -1, 1)
    found = convolution.trace(image, weights)
    maps = found.output.reshape(2, 2)
    row, column = draw.randint(0, 1), draw.randint(0, 1)
    value = float(maps[row, column])
    turned = convolution.trace(image, [list(reversed(line)) for line in reversed(weights)])
    flipped = float(turned.output.reshape(2, 2)[row, column])
    window = torch.tensor(image)[row : row + 3, column : column + 3]
    if len({number_text(v) for v in maps.flatten().tolist()}) < 2:
        raise Redraw
    others = float(maps[column, row])
    return number(
        say(
            "The kernel moves over the image, with stride 1 and without padding. What is the value of the map in row "
            "{row}, column {column} (counted from 0)? In CNNs the kernel is not flipped.",
            row=row,
            column=column,
        ),
        value,
        [
            (
                flipped,
                say("flipped the kernel"),
                say("This is the value with a flipped kernel, as in mathematics; in CNNs it is not flipped."),
            ),
            (
                others,
                say("rows and columns mixed up"),
                say("This is the value in row {row}, column {column}.", row=column, column=row),
            ),
            (
                float(window.sum()),
                say("forgot the weights"),
                say("This is the sum of the window; each pixel is multiplied by its weight first."),
            ),
        ],
        say(
            "The window begins in row {row}, column {column}; its nine products add up to {value}.",
            row=row,
            column=column,
            value=number_text(value),
        ),
        Place(
            CONVOLUTION,
            {
                "rows": "4",
                "cols": "4",
                "image": table_text(image),
                "kernel": table_text(weights),
                "start": str(row * 2 + column + 1),
            },
        ),
        {"image": image, "kernel": weights, "row": row, "column": column},
        grids=(Grid(say("Image"), torch.tensor(image)), Grid(say("Kernel"), torch.tensor(weights))),
    )


@asks("window_pixel", "From the map back to a pixel", CONVOLUTION, "pixel")
def window_pixel(draw: random.Random) -> Question:
    n, k, s = 8, 3, draw.choice((1, 2))
    side = output_size(n, k, s)
    row, column = draw.randint(0, side - 1), draw.randint(0, side - 1)
    i, j = draw.randint(0, 2), draw.randint(0, 2)
    if (row, column) == (0, 0) or (s, i, j) == (1, 0, 0):
        raise Redraw
    values = torch.tensor(whole_numbers(draw, n, n, 0, 9))
    place = row * s + i, column * s + j
    return pixel(
        say(
            "A {k}×{k} kernel moves over this {n}×{n} image with stride {s}, without padding. Click the pixel that its "
            "weight in row {i}, column {j} is multiplied with for the value in row {row}, column {column} of the map. All "
            "are counted from 0.",
            k=k,
            n=n,
            s=s,
            i=i,
            j=j,
            row=row,
            column=column,
        ),
        values,
        [place],
        say(
            "Row {row} · {s} + {i} = {r}, column {column} · {s} + {j} = {c}.",
            row=row,
            column=column,
            s=s,
            i=i,
            j=j,
            r=place[0],
            c=place[1],
        ),
        Place(
            CONVOLUTION,
            {
                "rows": str(n),
                "cols": str(n),
                "stride": str(s),
                "image": table_text(values.tolist()),
                "start": str(row * side + column + 1),
            },
        ),
        {"n": n, "k": k, "s": s, "row": row, "column": column, "i": i, "j": j},
    )


EDGES = ("sobel_x", "sobel_y", "laplacian")


def _digit(draw: random.Random) -> tuple[int, torch.Tensor]:
    place = draw.randrange(200)
    return place, load("mnist", "test").floats(slice(place, place + 1))[0, 0]


@asks("strongest_answer", "Where a kernel answers most", KERNEL, "pixel")
def strongest_answer(draw: random.Random) -> Question:
    place, digit = _digit(draw)
    name = draw.choice(EDGES)
    answer = apply(digit[None], kernel(name)).reshape(28, 28)
    top = float(answer.max())
    places = [(int(r), int(c)) for r, c in (answer >= NEAR_THE_TOP * top).nonzero().tolist()]
    row, column = divmod(int(answer.argmax()), 28)
    return pixel(
        say(
            "The kernel “{kernel}” moves over this digit. Click where its answer is largest (positive; a pixel that comes to nine tenths of it counts as well).",
            kernel=say(KERNELS[name].title),
        ),
        digit,
        places,
        say(
            "The largest answer is {value}, in row {row}, column {column}: there the pixels below the positive weights are "
            "bright, and those below the negative ones dark.",
            value=number_text(round(top, 2)),
            row=row,
            column=column,
        ),
        Place(KERNEL, {"kernel": name, "image": "test", "number": str(place)}),
        {"digit": digit, "kernel": kernel(name)},
        grids=(Grid(say("Kernel"), kernel(name)),),
    )


@asks("kernel_of_map", "Which kernel made this map", KERNEL, "choice")
def kernel_of_map(draw: random.Random) -> Question:
    place, digit = _digit(draw)
    names = ["sobel_x", "sobel_y", "laplacian", "gaussian"]
    draw.shuffle(names)
    answers = {name: apply(digit[None], kernel(name)).reshape(28, 28) for name in names}
    right, *others = names
    reasons = {
        "sobel_x": say(
            "It answers to edges that stand upright: left and right borders of a stroke would be bright and dark."
        ),
        "sobel_y": say(
            "It answers to edges that lie flat: upper and lower borders of a stroke would be bright and dark."
        ),
        "laplacian": say("It answers to both sides of every edge, in all directions."),
        "gaussian": say("It is a mean: the map would be the digit itself, blurred, without negative values."),
    }
    text = KERNELS[right].title
    return choice(
        draw,
        say(
            "The first picture is a digit, the second one the map that a kernel made of it (red: positive, blue: negative). Which kernel was it?"
        ),
        text,
        [
            (
                KERNELS[name].title,
                say("took “{kernel}”", kernel=say(KERNELS[name].title)),
                reasons[name],
            )
            for name in others
        ],
        say("It was “{kernel}”. {why}", kernel=text, why=reasons[right]),
        Place(KERNEL, {"kernel": right, "image": "test", "number": str(place)}),
        {"digit": digit, "right": right, "map": answers[right]},
        grids=(Grid(say("Digit"), digit), Grid(say("Map"), answers[right])),
        pictures={KERNELS[name].title: kernel(name) for name in names},
    )


@asks("layer_parameters", "Parameters of a layer", LAYER, "choice")
def layer_parameters(draw: random.Random) -> Question:
    filters, k, channels = draw.randint(2, 12), draw.choice((1, 3, 5, 7)), 3
    cost = layer_cost((channels, 32, 32), filters, k)
    return choice(
        draw,
        say(
            "A convolutional layer has {filters} filters of {k}×{k} for an RGB image of 32×32 pixels, with biases. How many parameters has it?",
            filters=filters,
            k=k,
        ),
        cost.parameters,
        [
            (
                filters * channels * k**2,
                say("forgot the biases"),
                say("Each filter has a bias as well: {filters} more.", filters=filters),
            ),
            (
                filters * (k**2 + 1),
                say("forgot the channels"),
                say("A filter has a {k}×{k} kernel for each of the three channels.", k=k),
            ),
            (
                cost.multiply_adds,
                say("counted multiply-adds"),
                say("This is how often the layer multiplies; the same weights are used at all places."),
            ),
            (
                channels * k**2 + 1,
                say("counted one filter"),
                say("This is one filter; the layer has {filters}.", filters=filters),
            ),
        ],
        say(
            "{filters} · (3 · {k}² + 1) = {right}; the size of the image does not matter.",
            filters=filters,
            k=k,
            right=number_text(cost.parameters),
        ),
        Place(LAYER, {"plain_filters": str(filters), "plain_size": str(k)}),
        {"filters": filters, "k": k, "channels": channels},
    )


@asks("multiply_adds", "Multiply-adds of a layer", LAYER, "choice")
def multiply_adds(draw: random.Random) -> Question:
    filters, k, s = draw.randint(2, 12), draw.choice((3, 5)), draw.choice((1, 2))
    cost = layer_cost((3, 32, 32), filters, k, s)
    side = cost.output_shape[1]
    weights = filters * 3 * k**2
    return choice(
        draw,
        say(
            "A layer with {filters} filters of {k}×{k}, stride {s} and no padding reads an RGB image of 32×32 pixels. How many multiply-adds does one image take?",
            filters=filters,
            k=k,
            s=s,
        ),
        cost.multiply_adds,
        [
            (
                weights * 32 * 32,
                say("size of the input"),
                say("The kernel stands at {side}×{side} places, not at 32×32.", side=side),
            ),
            (
                weights,
                say("counted weights"),
                say("These are the weights; each of them works at {side}×{side} places.", side=side),
            ),
            (
                cost.multiply_adds // 3,
                say("forgot the channels"),
                say("Each window reaches through all three channels."),
            ),
        ],
        say(
            "{filters} · {side} · {side} · 3 · {k}² = {right}.",
            filters=filters,
            side=side,
            k=k,
            right=number_text(cost.multiply_adds),
        ),
        Place(LAYER, {"plain_filters": str(filters), "plain_size": str(k), "plain_stride": str(s)}),
        {"filters": filters, "k": k, "s": s},
    )


@asks("transposed_size", "The size behind a transposed convolution", LAYER, "choice")
def transposed_size(draw: random.Random) -> Question:
    n, k, s, p = draw.randint(4, 16), draw.choice((2, 3, 4)), draw.choice((2, 3)), draw.choice((0, 1))
    if k < s:
        raise Redraw
    right = layer_cost((1, n, n), 1, k, s, p, transposed=True).output_shape[1]
    wrong = [
        (
            (n + 2 * p - k) // s + 1,
            say("size of an ordinary one"),
            say("This is the size behind an ordinary convolution; a transposed one makes maps larger."),
        ),
        (
            n * s,
            say("size times stride"),
            say(
                "Only some kernels give exactly stride times the size; this one reaches over the edge differently."
            ),
        ),
        (
            (n - 1) * s + k,
            say("forgot the padding"),
            say("Padding {p} takes {p} rows away on each side.", p=p),
        ),
        (
            (n - 1) * s - 2 * p + 1,
            say("forgot the kernel"),
            say("The last kernel reaches {reach} rows beyond its place.", reach=k - 1),
        ),
    ]
    wrong = [one for one in wrong if one[0] > 0]
    return choice(
        draw,
        say(
            "A transposed convolution with a {k}×{k} kernel, stride {s} and padding {p} reads a map of {n}×{n}. How many rows has its output?",
            k=k,
            s=s,
            p=p,
            n=n,
        ),
        right,
        wrong,
        say(
            "(n − 1) · s − 2p + k = {n1} · {s} − {p2} + {k} = {right}.",
            n1=n - 1,
            s=s,
            p2=2 * p,
            k=k,
            right=right,
        ),
        Place(
            LAYER,
            {
                "kind": "transposed",
                "transposed_size": str(k),
                "transposed_stride": str(s),
                "transposed_padding": str(p),
            },
        ),
        {"n": n, "k": k, "s": s, "p": p},
    )


@asks("receptive_field", "The receptive field", LAYER, "choice")
def receptive_field(draw: random.Random) -> Question:
    windows = [Window(draw.choice((3, 5)), draw.choice((1, 2))) for _ in range(draw.choice((2, 3)))]
    windows.insert(draw.randint(1, len(windows)), Window(2, 2))
    right = int(receptive_fields(windows)[-1].size)
    words = one_after_another(
        *(say("{k}×{k} with stride {s}", k=window.kernel, s=window.stride) for window in windows),
        between=", ",
    )
    jump, wrong_growth, largest = 1, 1, max(window.kernel for window in windows)
    for window in windows:
        jump *= window.stride
        wrong_growth += (window.kernel - 1) * jump
    return choice(
        draw,
        say(
            "Windows one after the other, convolutions and poolings: {windows}. How many pixels of the image, along one side, does one unit of the last map see?",
            windows=words,
        ),
        right,
        [
            (
                1 + sum(window.kernel - 1 for window in windows),
                say("forgot the strides"),
                say("Behind a stride of 2, one step of the next window is two pixels of the image."),
            ),
            (
                math.prod(window.kernel for window in windows),
                say("multiplied the windows"),
                say("Windows overlap, so their sides do not multiply."),
            ),
            (
                wrong_growth,
                say("own stride counted too early"),
                say("A window's own stride only spreads what comes behind it."),
            ),
            (
                largest,
                say("only the largest window"),
                say("Each layer lets its units see further."),
            ),
        ],
        say(
            "Each window adds (k − 1) times the product of the strides before it: {sizes}.",
            sizes=" → ".join(number_text(one.size) for one in receptive_fields(windows)),
        ),
        Place(LAYER, {"depth": str(len(windows))}),
        {"windows": [(window.kernel, window.stride) for window in windows]},
    )


@asks("pooling_value", "Max pooling of a window", POOLING, "number")
def pooling_value(draw: random.Random) -> Question:
    values = whole_numbers(draw, 4, 4, 0, 9)
    size, stride = draw.choice(((2, 2), (3, 1), (2, 1)))
    mode = draw.choice(("max", "average"))
    out = pooling.trace([values], size, stride, mode).output[0]
    row, column = draw.randrange(out.shape[0]), draw.randrange(out.shape[1])
    value = float(out[row, column])
    if (row, column) == (0, 0):
        raise Redraw
    window = torch.tensor(values)[row * stride :, column * stride :][:size, :size]
    apart = torch.tensor(values)[row:, column:][:size, :size]

    def pooled(part: torch.Tensor) -> float:
        return float(part.max() if mode == "max" else part.mean())

    other = float(window.mean() if mode == "max" else window.max())
    text = (
        say(
            "Max pooling with a {k}×{k} window and stride {s}. What is the value in row {row}, column {column} of the pooled map (counted from 0)?",
            k=size,
            s=stride,
            row=row,
            column=column,
        )
        if mode == "max"
        else say(
            "Average pooling with a {k}×{k} window and stride {s}. What is the value in row {row}, column {column} of the pooled map (counted from 0)?",
            k=size,
            s=stride,
            row=row,
            column=column,
        )
    )
    slips = [
        (
            other,
            say("the other pooling"),
            say("This is the mean of the window; max pooling keeps its largest value.")
            if mode == "max"
            else say("This is the largest value; average pooling takes the mean."),
        )
    ]
    if stride > 1:
        slips.append(
            (
                pooled(apart),
                say("forgot the stride"),
                say(
                    "With stride {s} the window begins in row {row}, column {column}.",
                    s=stride,
                    row=row * stride,
                    column=column * stride,
                ),
            )
        )
    return number(
        text,
        value,
        slips,
        say(
            "The window holds {values}.",
            values=", ".join(number_text(one) for one in window.flatten().tolist()),
        ),
        Place(
            POOLING,
            {
                "mode": mode,
                "window": str(size),
                "stride": str(stride),
                "channel0": table_text(values),
            },
        ),
        {"values": values, "size": size, "stride": stride, "mode": mode, "row": row, "column": column},
        tolerance=0.005,
        grids=(Grid(say("Map"), torch.tensor(values)),),
    )


@asks("activation_value", "The value of an activation", ACTIVATION, "number")
def activation_value(draw: random.Random) -> Question:
    name = draw.choice(("relu", "sigmoid", "tanh", "elu"))
    x = draw.choice((-1, 1)) * draw.choice((0.5, 1.0, 1.5, 2.0, 2.5, 3.0))
    function = ACTIVATIONS[name].function

    def value_at(at: float) -> float:
        return float(function(torch.tensor([at], dtype=torch.float64))[0])

    value = value_at(x)
    slips = [
        (
            value_at(-x),
            say("lost the sign"),
            say("This is the value at {x}.", x=number_text(-x)),
        ),
        (
            x,
            say("took the identity"),
            say("This is x itself; it stays as it is only where the function is a straight line."),
        ),
    ]
    return number(
        say(
            "What is the value of {title} at x = {x}? Two decimals are enough.",
            title=say(ACTIVATIONS[name].title),
            x=number_text(x),
        ),
        value,
        slips,
        say("It is {value}.", value=number_text(round(value, 4))),
        Place(ACTIVATION, {"functions": name}),
        {"name": name, "x": x},
        tolerance=0.006,
    )


@asks("dead_relu", "The dead unit", ACTIVATION, "choice")
def dead_relu(draw: random.Random) -> Question:
    inputs = [[draw.randint(0, 3), draw.randint(0, 3)] for _ in range(3)]
    units = [(draw.randint(-3, 3), draw.randint(-3, 3), draw.randint(-3, 3)) for _ in range(4)]
    weights = torch.tensor([unit[:2] for unit in units], dtype=torch.float64)
    biases = torch.tensor([unit[2] for unit in units], dtype=torch.float64)
    answers = F.linear(torch.tensor(inputs, dtype=torch.float64), weights, biases)
    dead = (answers <= 0).all(0)
    if int(dead.sum()) != 1:
        raise Redraw

    def unit(place: int) -> str:
        first, second, bias = units[place]
        return f"ReLU({first} · x₁ + {second} · x₂ + {bias})".replace("-", "−").replace("+ −", "− ")

    if len({unit(place) for place in range(4)}) < 4:
        raise Redraw
    right = int(dead.nonzero()[0, 0])
    wrong = []
    for place in range(4):
        if place == right:
            continue
        seen = int((answers[:, place] > 0).nonzero()[0, 0])
        negative = all(number <= 0 for number in units[place])
        assert not negative
        first, second = inputs[seen]
        wrong.append(
            (
                unit(place),
                say("the bias is negative")
                if units[place][2] < 0
                else say("a weight is negative")
                if min(units[place][:2]) < 0
                else say("nothing is negative"),
                say(
                    "It answers {value} to ({first}, {second}).",
                    value=number_text(float(answers[seen, place])),
                    first=first,
                    second=second,
                ),
            )
        )
    return choice(
        draw,
        say(
            "A data set has three examples (x₁, x₂): {inputs}. Which unit is dead: it answers 0 to all of them, so that its gradient is 0 as well?",
            inputs=", ".join(f"({first}, {second})" for first, second in inputs),
        ),
        unit(right),
        wrong,
        say(
            "Its sums are {sums}: none is positive, so ReLU gives 0 each time, and its weights get no gradient.",
            sums=", ".join(number_text(float(one)) for one in answers[:, right]),
        ),
        Place(ACTIVATION, {"functions": "relu", "init": "large"}),
        {
            "inputs": inputs,
            "units": units,
            "right": unit(right),
            "names": [unit(place) for place in range(4)],
        },
        least=3,
    )


@asks("dropout_scaling", "A unit that dropout kept", DROPOUT, "choice")
def dropout_scaling(draw: random.Random) -> Question:
    p, value = draw.choice((0.2, 0.25, 0.5, 0.75, 0.8)), float(draw.randint(1, 12))
    right = value / (1 - p)
    return choice(
        draw,
        say(
            "Dropout with p = {p} (the probability of dropping a unit) keeps a unit of value {value} in this training "
            "step. Which value does PyTorch's dropout give on, so that the expectation stays?",
            p=p,
            value=number_text(value),
        ),
        right,
        [
            (
                value,
                say("forgot the scaling"),
                say("Then the mean would shrink to {mean}.", mean=number_text(value * (1 - p))),
            ),
            (
                value * (1 - p),
                say("multiplied by 1 − p"),
                say("This is done in evaluation in the first paper; PyTorch divides in training instead."),
            ),
            (
                value / p,
                say("divided by p"),
                say("p is the probability of being dropped; the unit is kept with 1 − p."),
            ),
            (0.0, say("took it for dropped"), say("This unit was kept.")),
        ],
        say(
            "{value} / (1 − {p}) = {right}; the expectation is (1 − {p}) · {right} = {value}.",
            value=number_text(value),
            p=p,
            right=number_text(right),
        ),
        Place(DROPOUT, {"p": f"{p:g}"}),
        {"p": p, "value": value},
    )


@asks("flatten_place", "A place in the flattened vector", CONNECTED, "choice")
def flatten_place(draw: random.Random) -> Question:
    channels, rows, columns = draw.randint(2, 16), draw.randint(2, 8), draw.randint(2, 8)
    channel, row, column = draw.randrange(channels), draw.randrange(rows), draw.randrange(columns)
    right = flat_index(channel, row, column, (channels, rows, columns))
    return choice(
        draw,
        say(
            "{channels} maps of {rows}×{columns} (rows × columns) are flattened, channel by channel and row by row. At "
            "which place, counted from 0, stands channel {channel}, row {row}, column {column}?",
            channels=channels,
            rows=rows,
            columns=columns,
            channel=channel,
            row=row,
            column=column,
        ),
        right,
        [
            (
                right + 1,
                say("counted from 1"),
                say("Places are counted from 0, as channels, rows and columns are."),
            ),
            (
                (row * columns + column) * channels + channel,
                say("channels last"),
                say("Here the channels lie innermost, as in TensorFlow; PyTorch has them outermost."),
            ),
            (
                channel * rows * columns + column * rows + row,
                say("columns before rows"),
                say("Within a map the numbers go row by row."),
            ),
        ],
        say(
            "{channel} · {rows} · {columns} + {row} · {columns} + {column} = {right}.",
            channel=channel,
            rows=rows,
            columns=columns,
            row=row,
            column=column,
            right=right,
        ),
        Place(CONNECTED, {"block": "maps"}),
        {"shape": (channels, rows, columns), "place": (channel, row, column)},
    )


@asks("flatten_length", "The length behind flatten", CONNECTED, "choice")
def flatten_length(draw: random.Random) -> Question:
    side, filters, k = draw.choice((12, 16, 20, 28, 32)), draw.choice((4, 6, 8, 16)), draw.choice((3, 5))
    map_side = output_size(side, k)
    pooled = pooling.pooled_size(map_side, 2, 2)
    right = filters * pooled**2
    return choice(
        draw,
        say(
            "A grey image of {side}×{side} goes through {filters} filters of {k}×{k} (stride 1, no padding), 2×2 max "
            "pooling with stride 2, and flatten. How long is the vector?",
            side=side,
            filters=filters,
            k=k,
        ),
        right,
        [
            (
                filters * map_side**2,
                say("forgot the pooling"),
                say("Pooling halves both sides: {before} → {after}.", before=map_side, after=pooled),
            ),
            (
                pooled**2,
                say("forgot the channels"),
                say("There are {filters} maps, and all of them are flattened.", filters=filters),
            ),
            (
                filters * (side // 2) ** 2,
                say("forgot the edge"),
                say("Without padding the map has only {before} rows.", before=map_side),
            ),
            (
                filters * pooled,
                say("one side only"),
                say("A map of {after}×{after} has {count} numbers.", after=pooled, count=pooled**2),
            ),
        ],
        say(
            "{side} → {before} → {after}; {filters} · {after} · {after} = {right}.",
            side=side,
            before=map_side,
            after=pooled,
            filters=filters,
            right=number_text(right),
        ),
        Place(CONNECTED, {"block": "maps"}),
        {"side": side, "filters": filters, "k": k},
    )


@asks("softmax_probability", "A probability of softmax", CONNECTED, "choice")
def softmax_probability(draw: random.Random) -> Question:
    logits = [float(draw.randint(-1, 4)) for _ in range(3)]
    if len(set(logits)) < 3 or sum(logits) <= 0:
        raise Redraw
    place = draw.randrange(3)
    values = torch.tensor(logits, dtype=torch.float64)
    right = float(values.softmax(0)[place])
    return choice(
        draw,
        say(
            "The logits are {logits}. What is the probability of the class with the logit {one}?",
            logits=", ".join(number_text(one) for one in logits),
            one=number_text(logits[place]),
        ),
        f"{right:.3f}",
        [
            (
                f"{logits[place] / sum(logits):.3f}".replace("-", "−"),
                say("divided the logits"),
                say("Softmax divides the exponentials, not the logits themselves."),
            ),
            (
                f"{float(values.sigmoid()[place]):.3f}",
                say("took the sigmoid"),
                say("The sigmoid looks at one logit alone; its values do not add up to 1."),
            ),
            (
                f"{float(values.neg().softmax(0)[place]):.3f}",
                say("wrong sign"),
                say("A larger logit means a larger probability."),
            ),
            (
                f"{1 / 3:.3f}",
                say("shared evenly"),
                say("Only equal logits give equal probabilities."),
            ),
        ],
        say(
            "e^{one} / ({sum}) = {right}.",
            one=number_text(logits[place]),
            sum=" + ".join(f"e^{number_text(one)}" for one in logits),
            right=f"{right:.3f}",
        ),
        Place(CONNECTED),
        {"logits": logits, "place": place},
    )


@asks("cross_entropy", "The loss of one example", CONNECTED, "number")
def cross_entropy(draw: random.Random) -> Question:
    parts = [draw.randint(1, 10) for _ in range(4)]
    shares = [round(part / sum(parts), 2) for part in parts]
    if abs(sum(shares) - 1) > 1e-9 or len(set(shares)) < 3:
        raise Redraw
    place = draw.randrange(4)
    probabilities = torch.tensor(shares, dtype=torch.float64)
    value = float(F.nll_loss(probabilities.log()[None], torch.tensor([place])))
    return number(
        say(
            "A network gives the four classes 0, 1, 2 and 3 the probabilities {shares}. Class {place} is right. How large "
            "is the cross-entropy, with the natural logarithm? Two decimals are enough.",
            shares=", ".join(f"{share:.2f}" for share in shares),
            place=place,
        ),
        value,
        [
            (
                1 - shares[place],
                say("one minus the probability"),
                say(
                    "The loss is the negative logarithm, which grows without limit as the probability goes to 0."
                ),
            ),
            (
                -math.log10(shares[place]),
                say("logarithm to base 10"),
                say("This is the logarithm to the base 10."),
            ),
            (
                float(-(probabilities * probabilities.log()).sum()),
                say("took the entropy"),
                say("This is the entropy of the answer; the right class does not come into it."),
            ),
            (
                -value,
                say("wrong sign"),
                say("The logarithm of a probability is negative; the loss is minus that."),
            ),
        ],
        say("−ln {share} = {value}.", share=f"{shares[place]:.2f}", value=f"{value:.3f}"),
        Place(CONNECTED),
        {"shares": shares, "place": place},
        tolerance=0.006,
    )
