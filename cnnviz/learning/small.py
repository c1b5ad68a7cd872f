"""A small fully connected network, and any expression, step by step on the tape."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.learning.chain import AGAIN, BACKWARD, FORWARD, Chain, ChainGrid, ChainStep, ChainTrace
from cnnviz.learning.expressions import Graph
from cnnviz.learning.tape import Tape
from cnnviz.words import say

SMALL_ACTIVATIONS = ("sigmoid", "tanh", "relu")
LARGEST = 1000.0
INPUTS, WEIGHTS, OUT_WEIGHTS = ((1.0,), (0.5,)), ((0.4, -0.2), (0.3, 0.6)), ((0.5, -0.7),)
_SIGNS = {"add": "+", "subtract": "−", "multiply": "·", "divide": "/", "power": "^"}


def network_steps(
    inputs: Any = INPUTS,
    weights: Any = WEIGHTS,
    biases: Any = ((0.1,), (0.0,)),
    out_weights: Any = OUT_WEIGHTS,
    out_biases: Any = ((0.0,),),
    *,
    target: float = 1.0,
    activation: str = "sigmoid",
    learning_rate: float = 0.5,
) -> ChainTrace:
    """Two layers, one output, E = ½ (o − y)²: forward, backward, update, and the loss again.

    Args:
        inputs: (N, 1).
        weights, biases: (H, N) and (H, 1).
        out_weights, out_biases: (1, H) and (1, 1).

    Raises:
        CnnvizError: the shapes do not fit, or a number is none.
    """
    if activation not in SMALL_ACTIVATIONS:
        raise CnnvizError(
            say(
                "There is no activation “{activation}”. Use one of: {small_activations}.",
                activation=activation,
                small_activations=", ".join(SMALL_ACTIVATIONS),
            )
        )
    if not 0 < learning_rate <= 100:
        raise CnnvizError("The learning rate must be above 0 and at most 100.")
    numbers = {
        name: _numbers(values, name)
        for name, values in (
            ("inputs", inputs),
            ("weights 1", weights),
            ("biases 1", biases),
            ("weights 2", out_weights),
            ("biases 2", out_biases),
            ("target", [[target]]),
        )
    }
    hidden, width = numbers["weights 1"].shape
    expected = {
        "inputs": (width, 1),
        "biases 1": (hidden, 1),
        "weights 2": (1, hidden),
        "biases 2": (1, 1),
    }
    for name, shape in expected.items():
        if tuple(numbers[name].shape) != shape:
            raise CnnvizError(
                say(
                    "The {name} must be {shape}×{shape2} numbers beside weights of {hidden}×{width}.",
                    name=name,
                    shape=shape[0],
                    shape2=shape[1],
                    hidden=hidden,
                    width=width,
                )
            )
    run = _Network(numbers, activation)
    run.tape.backward(run.places["loss"][0])
    rules = {
        "sums": (say("weighted sums"), "z = Σ w · x + b"),
        "hidden": (say("hidden neurons"), f"h = {activation}(z)"),
        "output": (say("output"), "o = Σ w · h + b"),
        "error": (say("error"), "e = o − y"),
        "loss": (say("loss"), "E = ½ e²"),
    }
    back = {
        "loss": (say("gradient of the loss"), "∂E/∂E = 1"),
        "error": (say("gradient of the error"), "∂E/∂e = e"),
        "output": (say("gradient of the output"), "∂E/∂o = ∂E/∂e · 1"),
        "biases 2": (say("gradient of the output's bias"), "∂E/∂b = ∂E/∂o"),
        "weights 2": (say("gradient of the output's weights"), "∂E/∂w = ∂E/∂o · h"),
        "hidden": (say("gradient of the hidden neurons"), "∂E/∂h = ∂E/∂o · w"),
        "sums": (say("gradient of the sums"), f"∂E/∂z = ∂E/∂h · {activation}′(z)"),
        "biases 1": (say("gradient of the biases"), "∂E/∂b = ∂E/∂z"),
        "weights 1": (say("gradient of the weights"), "∂E/∂w = ∂E/∂z · x"),
        "inputs": (say("gradient of the inputs"), "∂E/∂x = Σ ∂E/∂z · w"),
    }
    learned = ("weights 1", "biases 1", "weights 2", "biases 2")
    new = {
        name: (run.values(name) - learning_rate * run.gradients(name)).reshape(numbers[name].shape)
        for name in learned
    }
    again = float(_Network({**numbers, **new}, activation).values("loss"))
    steps = [
        *run.steps_of(FORWARD, rules),
        *run.steps_of(BACKWARD, back),
        *run.update_steps(learned, learning_rate),
        ChainStep(
            AGAIN,
            say("loss with the new weights"),
            "loss",
            0,
            "updated",
            (),
            again,
            say("the same forward pass again"),
        ),
    ]
    new["loss"] = torch.tensor([[again]], dtype=torch.float64)
    grids = {
        name: ChainGrid(
            name,
            name,
            run.values(name).reshape(shape),
            run.gradients(name).reshape(shape),
            new.get(name),
        )
        for name, shape in run.shapes.items()
    }
    settings = {"activation": activation, "target": target, "learning_rate": learning_rate}
    return ChainTrace(tuple(steps), grids, float(run.values("loss")), again, settings)


class _Network(Chain):
    def __init__(self, numbers: dict[str, Tensor], activation: str) -> None:
        self.tape = tape = Tape()
        hidden, width = numbers["weights 1"].shape
        at = {
            name: [tape.given(name, value) for value in values.flatten().tolist()]
            for name, values in numbers.items()
        }
        at["sums"] = [
            tape.apply(
                "sum",
                *(
                    tape.apply("multiply", at["weights 1"][h * width + i], at["inputs"][i])
                    for i in range(width)
                ),
                at["biases 1"][h],
            )
            for h in range(hidden)
        ]
        at["hidden"] = [tape.apply(activation, place) for place in at["sums"]]
        at["output"] = [
            tape.apply(
                "sum",
                *(tape.apply("multiply", at["weights 2"][h], at["hidden"][h]) for h in range(hidden)),
                at["biases 2"][0],
            )
        ]
        at["error"] = [tape.apply("subtract", at["output"][0], at["target"][0])]
        at["loss"] = [tape.apply("half_square", at["error"][0])]
        order = (
            "inputs",
            "weights 1",
            "biases 1",
            "sums",
            "hidden",
            "weights 2",
            "biases 2",
            "output",
            "target",
            "error",
            "loss",
        )
        self.places = {name: at[name] for name in order}
        one = (1, 1)
        self.shapes: dict[str, tuple[int, ...]] = {
            name: tuple(numbers[name].shape)
            if name in numbers
            else (hidden, 1)
            if name in ("sums", "hidden")
            else one
            for name in order
        }
        self.name_places()


def _numbers(values: Any, name: str) -> Tensor:
    try:
        numbers = torch.as_tensor(values, dtype=torch.float64)
    except (TypeError, ValueError):
        numbers = torch.empty(0)
    if numbers.dim() != 2 or not 0 < numbers.numel() <= 64:
        raise CnnvizError(say("The {name} must be a table of at most 64 numbers.", name=name))
    if not torch.isfinite(numbers).all() or float(numbers.abs().max()) > LARGEST:
        raise CnnvizError(
            say(
                "The {name} have a number that is none, or larger than {largest:g}. Correct it.",
                name=name,
                largest=LARGEST,
            )
        )
    return numbers


def network_code(trace: ChainTrace) -> str:
    """The same in plain PyTorch."""
    grids, settings = trace.grids, trace.settings

    def numbers(name: str) -> str:
        return str([[round(value, 10) for value in row] for row in grids[name].values.tolist()])

    return f"""import torch

torch.set_default_dtype(torch.float64)
x = torch.tensor({numbers("inputs")})
w1 = torch.tensor({numbers("weights 1")}, requires_grad=True)
b1 = torch.tensor({numbers("biases 1")}, requires_grad=True)
w2 = torch.tensor({numbers("weights 2")}, requires_grad=True)
b2 = torch.tensor({numbers("biases 2")}, requires_grad=True)


def loss_now():
    return 0.5 * (w2 @ torch.{settings["activation"]}(w1 @ x + b1) + b2 - {settings["target"]!r}).square()


loss = loss_now()
loss.backward()
with torch.no_grad():
    for learned in (w1, b1, w2, b2):
        learned -= {settings["learning_rate"]!r} * learned.grad
new_loss = loss_now().detach()
print(loss.item(), new_loss.item(), w1.grad)"""


def expression_steps(graph: Graph) -> ChainTrace:
    """The nodes of an expression, one number each: values forward, gradients back."""
    chain = Chain()
    chain.tape = graph.tape
    nodes = graph.tape.nodes
    titles: list[str] = []
    for node in nodes:
        parts = [titles[place] for place in node.inputs]
        titles.append(_title(node.operation, parts) if node.operation else node.name)
    chain.places = {f"{place}": [place] for place in range(len(nodes))}
    chain.name_places()
    forward = {
        str(place): (titles[place], titles[place])
        for place, node in enumerate(nodes)
        if node.operation is not None
    }
    back = {
        str(place): (
            say("gradient of {title}", title=titles[place]),
            say("gradient of each number that uses it · slope, added up")
            if place < graph.result
            else say("of itself: 1"),
        )
        for place in range(graph.result, -1, -1)
    }
    steps = [*chain.steps_of(FORWARD, forward), *chain.steps_of(BACKWARD, back)]
    one = (1, 1)
    grids = {
        name: ChainGrid(
            name, titles[int(name)], chain.values(name).reshape(one), chain.gradients(name).reshape(one), None
        )
        for name in chain.places
    }
    return ChainTrace(tuple(steps), grids, graph.value, graph.value, {"expression": graph.expression})


def _title(operation: str, parts: Sequence[str]) -> str:
    held = [f"({part})" if " " in part else part for part in parts]
    if operation in _SIGNS:
        return f"{held[0]} {_SIGNS[operation]} {held[1]}"
    if operation == "negate":
        return f"−{held[0]}"
    return f"{operation}({', '.join(parts)})"


def expression_code(graph: Graph) -> str:
    """The same in plain PyTorch."""
    names = list(graph.names)
    values = {name: graph.tape.nodes[place].value for name, place in graph.names.items()}
    text = graph.expression.strip().replace("^", "**")
    lines = [f"{name} = torch.tensor({values[name]!r}, requires_grad=True)" for name in names]
    gradients = ", ".join(f"{name}.grad.item()" for name in names)
    return "\n".join(
        [
            "import torch",
            "from torch import abs, cos, exp, log, relu, sigmoid, sin, sqrt, tanh",
            "from torch import maximum as max",
            "from torch import pi",
            "",
            "torch.set_default_dtype(torch.float64)",
            *lines,
            f"result = {text}",
            "result.backward()",
            f"print(result.item(), {gradients})",
        ]
    )
