"""One small example through a whole CNN, forward and back, every number and every term of it.

convolution → activation → pooling → flatten → fully connected → softmax → loss, the gradients back to the kernel, one
    update, and the loss again.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.learning.chain import AGAIN, BACKWARD, FORWARD, Chain, ChainGrid, ChainStep, ChainTrace
from cnnviz.learning.tape import Tape
from cnnviz.words import say

CNN_ACTIVATIONS = ("relu", "tanh", "sigmoid")
CNN_POOLINGS = {"max": "max", "average": "average"}
LARGEST_SIDE, LARGEST_NUMBER = 12, 1000.0
LECTURE_IMAGE = ((1, 1, 1, 0, 0), (0, 1, 1, 1, 0), (0, 0, 1, 1, 1), (0, 0, 1, 1, 0), (0, 1, 1, 0, 0))
LECTURE_KERNEL = ((1, 0, 1), (0, 1, 0), (1, 0, 1))


TITLES = {
    "image": "image x",
    "kernel": "kernel w",
    "bias": "bias b",
    "convolution": "convolution z",
    "activation": "activation a",
    "pooling": "pooling p",
    "flatten": "flatten f",
    "weights": "weights W",
    "biases": "biases c",
    "logits": "logits u",
    "softmax": "softmax q",
    "loss": "loss E",
}
LEARNED = ("kernel", "bias", "weights", "biases")


def default_weights(classes: int, inputs: int) -> Tensor:
    """Small numbers with one decimal, (classes, inputs): first weights that stay readable."""
    k, i = torch.arange(classes)[:, None], torch.arange(inputs)[None, :]
    return (((5 * k + 3 * i) % 7) - 3).double() / 10


def cnn_steps(
    image: Any = LECTURE_IMAGE,
    kernel: Any = LECTURE_KERNEL,
    *,
    bias: float = 0.0,
    activation: str = "relu",
    pooling: str = "max",
    pool: int = 2,
    stride: int = 1,
    weights: Any = None,
    biases: Any = None,
    classes: int = 2,
    target: int = 0,
    learning_rate: float = 0.1,
) -> ChainTrace:
    """The whole forward and backward trace of one image, one kernel, one fully connected layer.

    Args:
        image: (H, W) numbers, at most 12×12.
        kernel: (K, K) numbers, not larger than the image.
        pool, stride: window of the pooling and its stride.
        weights, biases: of the fully connected layer, (classes, inputs) and (classes,); small numbers if not
            given.
        target: the right class.
        learning_rate: of the one update w ← w − η ∂E/∂w.

    Raises:
        CnnvizError: the shapes do not fit, or a number is none.
    """
    x, w = _matrix(image, "image"), _matrix(kernel, "kernel")
    rows, columns = x.shape[0] - w.shape[0] + 1, x.shape[1] - w.shape[1] + 1
    if rows < 1 or columns < 1:
        raise CnnvizError("The kernel is larger than the image. Take a smaller kernel.")
    if activation not in CNN_ACTIVATIONS:
        raise CnnvizError(
            say(
                "There is no activation “{activation}”. Use one of: {cnn_activations}.",
                activation=activation,
                cnn_activations=", ".join(CNN_ACTIVATIONS),
            )
        )
    if pooling not in CNN_POOLINGS:
        raise CnnvizError(
            say(
                "There is no pooling “{pooling}”. Use one of: {cnn_poolings}.",
                pooling=pooling,
                cnn_poolings=", ".join(CNN_POOLINGS),
            )
        )
    if not 1 <= pool <= min(rows, columns) or stride < 1:
        raise CnnvizError(
            say(
                "The map after the convolution is {rows}×{columns}: a pooling window of {pool} with stride {stride} does not fit.",
                rows=rows,
                columns=columns,
                pool=pool,
                stride=stride,
            )
        )
    if not 2 <= classes <= 10 or not 0 <= target < classes:
        raise CnnvizError("There can be 2 to 10 classes, and the right class must be one of them.")
    if not 0 < learning_rate <= 100:
        raise CnnvizError("The learning rate must be above 0 and at most 100.")
    high, wide = (rows - pool) // stride + 1, (columns - pool) // stride + 1
    inputs = high * wide
    full = (
        default_weights(classes, inputs)
        if weights is None
        else _matrix(weights, "weights", (classes, inputs))
    )
    shift = torch.zeros(classes, dtype=torch.float64) if biases is None else torch.as_tensor(biases).double()
    if shift.shape != (classes,) or not torch.isfinite(shift).all():
        raise CnnvizError(say("There must be {classes} biases, one a class.", classes=classes))
    run = _Run(x, w, float(bias), activation, pooling, pool, stride, full, shift, target)
    run.tape.backward(run.places["loss"][0])
    steps = [*run.forward_steps(), *run.backward_steps()]
    learned = {name: run.values(name) - learning_rate * run.gradients(name) for name in LEARNED}
    steps += run.update_steps(LEARNED, learning_rate)
    again = _Run(
        x,
        learned["kernel"].reshape(w.shape),
        float(learned["bias"]),
        activation,
        pooling,
        pool,
        stride,
        learned["weights"].reshape(full.shape),
        learned["biases"],
        target,
    )
    before, after = float(run.values("loss")), float(again.values("loss"))
    steps.append(
        ChainStep(
            AGAIN,
            say("loss with the new weights"),
            "loss",
            0,
            "updated",
            (),
            after,
            say("the same forward pass with the updated kernel, bias, weights and biases"),
        )
    )
    grids = {}
    for name, title in TITLES.items():
        shape = run.shapes[name]
        new = learned[name].reshape(shape) if name in learned else None
        if name == "loss":
            new = torch.tensor([[after]], dtype=torch.float64)
        grids[name] = ChainGrid(
            name, title, run.values(name).reshape(shape), run.gradients(name).reshape(shape), new
        )
    settings = {
        "bias": float(bias),
        "activation": activation,
        "pooling": pooling,
        "pool": pool,
        "stride": stride,
        "target": target,
        "learning_rate": learning_rate,
    }
    return ChainTrace(tuple(steps), grids, before, after, settings)


def _matrix(values: Any, name: str, shape: tuple[int, int] | None = None) -> Tensor:
    try:
        matrix = torch.as_tensor(values, dtype=torch.float64)
    except (TypeError, ValueError):
        raise CnnvizError(
            say("The {name} must be a table of numbers with rows of one length.", name=name)
        ) from None
    if matrix.dim() != 2 or not matrix.numel() or max(matrix.shape) > max(LARGEST_SIDE, *(shape or (0, 0))):
        raise CnnvizError(
            say(
                "The {name} must be a table of numbers, at most {largest_side}×{largest_side}.",
                name=name,
                largest_side=LARGEST_SIDE,
            )
        )
    if shape is not None and tuple(matrix.shape) != shape:
        raise CnnvizError(
            say(
                "The {name} must be {shape}×{shape2}, but they are {shape3}×{shape4}.",
                name=name,
                shape=shape[0],
                shape2=shape[1],
                shape3=matrix.shape[0],
                shape4=matrix.shape[1],
            )
        )
    if not torch.isfinite(matrix).all() or float(matrix.abs().max()) > LARGEST_NUMBER:
        raise CnnvizError(
            say(
                "The {name} has a number that is none, or larger than {largest_number:g}. Correct it.",
                name=name,
                largest_number=LARGEST_NUMBER,
            )
        )
    return matrix


class _Run(Chain):
    """A forward pass on a tape; ``places``: grid -> places on the tape, row by row."""

    def __init__(
        self,
        image: Tensor,
        kernel: Tensor,
        bias: float,
        activation: str,
        pooling: str,
        pool: int,
        stride: int,
        weights: Tensor,
        biases: Tensor,
        target: int,
    ) -> None:
        self.tape = tape = Tape()
        self.activation, self.pooling, self.target = activation, pooling, target
        classes, inputs = weights.shape
        size = kernel.shape
        rows, columns = image.shape[0] - size[0] + 1, image.shape[1] - size[1] + 1
        high, wide = (rows - pool) // stride + 1, (columns - pool) // stride + 1
        self.shapes = {
            "image": tuple(image.shape),
            "kernel": tuple(size),
            "bias": (1, 1),
            "convolution": (rows, columns),
            "activation": (rows, columns),
            "pooling": (high, wide),
            "flatten": (inputs, 1),
            "weights": (classes, inputs),
            "biases": (classes, 1),
            "logits": (classes, 1),
            "softmax": (classes, 1),
            "loss": (1, 1),
        }
        given = {
            "image": image,
            "kernel": kernel,
            "bias": torch.tensor([bias], dtype=torch.float64),
            "weights": weights,
            "biases": biases,
        }
        self.places = {
            name: [tape.given(name, value) for value in values.flatten().tolist()]
            for name, values in given.items()
        }
        at = self.places
        at["convolution"] = [
            self._sum(
                [
                    (at["image"][(r + i) * image.shape[1] + c + j], at["kernel"][i * size[1] + j])
                    for i in range(size[0])
                    for j in range(size[1])
                ],
                at["bias"][0],
            )
            for r in range(rows)
            for c in range(columns)
        ]
        at["activation"] = [tape.apply(activation, place) for place in at["convolution"]]
        at["pooling"] = [
            tape.apply(
                CNN_POOLINGS[pooling],
                *(
                    at["activation"][(r * stride + i) * columns + c * stride + j]
                    for i in range(pool)
                    for j in range(pool)
                ),
            )
            for r in range(high)
            for c in range(wide)
        ]
        at["flatten"] = [tape.apply("sum", place) for place in at["pooling"]]
        at["logits"] = [
            self._sum(
                [(at["weights"][k * inputs + i], at["flatten"][i]) for i in range(inputs)], at["biases"][k]
            )
            for k in range(classes)
        ]
        logits = at["logits"]
        at["softmax"] = [
            tape.apply("softmax", logits[k], *logits[:k], *logits[k + 1 :]) for k in range(classes)
        ]
        at["loss"] = [tape.apply("negate", tape.apply("log", at["softmax"][target]))]
        self.where = {
            place: (name, number) for name, places in at.items() for number, place in enumerate(places)
        }

    def _sum(self, pairs: Sequence[tuple[int, int]], bias: int) -> int:
        products = [self.tape.apply("multiply", one, other) for one, other in pairs]
        return self.tape.apply("sum", *products, bias)

    def forward_steps(self) -> list[ChainStep]:
        rules = {
            "convolution": (say("convolution"), "z = Σ x · w + b"),
            "activation": (say("activation"), f"a = {self.activation}(z)"),
            "pooling": (say("pooling"), say("p = {pooling} of the window", pooling=self.pooling)),
            "flatten": (say("flatten"), say("f = p, row by row")),
            "logits": (say("fully connected"), "u = Σ W · f + c"),
            "softmax": (say("softmax"), "q = eᵘ / Σ eᵘ"),
            "loss": (say("loss"), say("E = −ln q of the right class, {target}", target=self.target)),
        }
        return self.steps_of(FORWARD, rules)

    def backward_steps(self) -> list[ChainStep]:
        rules = {
            "loss": (say("gradient of the loss"), "∂E/∂E = 1"),
            "softmax": (say("gradient of the softmax"), say("∂E/∂q = −1 / q for the right class, else 0")),
            "logits": (say("gradient of the logits"), "∂E/∂u = Σ ∂E/∂q · ∂q/∂u = q − y"),
            "biases": (say("gradient of the biases"), "∂E/∂c = ∂E/∂u"),
            "weights": (say("gradient of the weights"), "∂E/∂W = ∂E/∂u · f"),
            "flatten": (say("gradient after flatten"), "∂E/∂f = Σ ∂E/∂u · W"),
            "pooling": (say("gradient after pooling"), say("∂E/∂p = ∂E/∂f, back in rows")),
            "activation": (
                say("gradient before pooling"),
                say("∂E/∂a = Σ ∂E/∂p of the windows whose maximum it is")
                if self.pooling == "max"
                else say("∂E/∂a = Σ ∂E/∂p / size of the window"),
            ),
            "convolution": (say("gradient before the activation"), f"∂E/∂z = ∂E/∂a · {self.activation}′(z)"),
            "kernel": (say("gradient of the kernel"), "∂E/∂w = Σ ∂E/∂z · x"),
            "bias": (say("gradient of the bias"), "∂E/∂b = Σ ∂E/∂z"),
        }
        return self.steps_of(BACKWARD, rules)


def cnn_code(trace: ChainTrace) -> str:
    """The same in plain PyTorch: forward, backward, one update, the loss again."""
    settings, grids = trace.settings, trace.grids

    def numbers(name: str) -> str:
        return str([[round(value, 10) for value in row] for row in grids[name].values.tolist()])

    window = f"{settings['pool']}, stride={settings['stride']}"
    pooled = "max_pool2d" if settings["pooling"] == "max" else "avg_pool2d"
    return f"""import torch
from torch.nn import functional

torch.set_default_dtype(torch.float64)
image = torch.tensor({numbers("image")})[None, None]
kernel = torch.tensor({numbers("kernel")})[None, None].requires_grad_()
bias = torch.tensor([{settings["bias"]!r}], requires_grad=True)
weights = torch.tensor({numbers("weights")}, requires_grad=True)
biases = torch.tensor({numbers("biases")}).flatten().requires_grad_()


def loss_now():
    maps = functional.{pooled}(torch.{settings["activation"]}(functional.conv2d(image, kernel, bias)), {window})
    logits = functional.linear(maps.flatten(1), weights, biases)
    return functional.cross_entropy(logits, torch.tensor([{settings["target"]}]))


loss = loss_now()
loss.backward()
with torch.no_grad():
    for learned in (kernel, bias, weights, biases):
        learned -= {settings["learning_rate"]!r} * learned.grad
new_loss = loss_now().detach()
print(loss.item(), new_loss.item(), kernel.grad)"""
