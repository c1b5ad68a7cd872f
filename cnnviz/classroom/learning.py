"""Questions of the chapter "Learning": descent, the chain rule, batches, normalisation, ensembles."""

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
)
from cnnviz.learning.expressions import graph
from cnnviz.words import say

DESCENT = "pages/learning/gradient_descent.py"
CHAIN = "pages/learning/backpropagation.py"
LAB = "pages/learning/training_lab.py"
TRICKS = "pages/learning/training_tricks.py"
BUILDER = "pages/learning/builder.py"
PLAYGROUND = "pages/learning/playground.py"


@asks("gradient_step", "One step of gradient descent", DESCENT, "choice")
def gradient_step(draw: random.Random) -> Question:
    a, goal = draw.choice((0.5, 1.0, 2.0)), draw.randint(-3, 3)
    start, rate = draw.randint(-5, 5), draw.choice((0.05, 0.1, 0.2, 0.25))
    if start == goal:
        raise Redraw
    w = torch.tensor(float(start), dtype=torch.float64, requires_grad=True)
    loss = a * (w - goal) ** 2
    loss.backward()
    assert w.grad is not None
    slope = float(w.grad)
    right = round(start - rate * slope, 9)
    inside = f"w − {goal}" if goal > 0 else f"w + {-goal}" if goal < 0 else "w"
    return choice(
        draw,
        say(
            "The loss is E(w) = {a} · ({inside})², and w = {start}. One step of gradient descent with the learning rate {rate}: what is w then?",
            a=number_text(a),
            inside=inside,
            start=number_text(start),
            rate=rate,
        ),
        right,
        [
            (
                round(start + rate * slope, 9),
                say("went uphill"),
                say("Descent subtracts the gradient; this step climbs."),
            ),
            (
                round(start - slope, 9),
                say("forgot the learning rate"),
                say("The gradient is multiplied by the learning rate {rate}.", rate=rate),
            ),
            (
                round(start - rate * slope / 2, 9),
                say("forgot the factor 2"),
                say("The derivative of a square has a factor of 2."),
            ),
            (
                round(start - rate * float(loss.detach()), 9),
                say("used the loss"),
                say("The step uses the slope of the loss, not the loss itself."),
            ),
        ],
        say(
            "dE/dw = 2 · {a} · ({start} − ({goal})) = {slope}; {start} − {rate} · {slope} = {right}.",
            a=number_text(a),
            start=number_text(start),
            goal=number_text(goal),
            slope=number_text(slope),
            rate=rate,
            right=number_text(right),
        ),
        Place(DESCENT, {"rate": f"{rate:g}", "rules": "sgd"}),
        {"a": a, "goal": goal, "start": start, "rate": rate},
    )


@asks("rate_limit", "The largest learning rate", DESCENT, "choice")
def rate_limit(draw: random.Random) -> Question:
    a = draw.choice((0.5, 1.0, 2.0, 2.5, 4.0, 5.0, 8.0, 10.0))
    w = torch.tensor(1.0, dtype=torch.float64)
    curvature = float(torch.func.hessian(lambda at: a * at**2)(w))
    return choice(
        draw,
        say(
            "Gradient descent on the parabola E(w) = {a} · w², from w = 1. Above which learning rate do the steps grow without end?",
            a=number_text(a),
        ),
        2 / curvature,
        [
            (
                1 / curvature,
                say("the best rate"),
                say("This rate reaches the minimum in one step; the steps grow only above twice as much."),
            ),
            (
                2 / a,
                say("curvature without the 2"),
                say(
                    "The second derivative of {a} · w² is {curvature}.",
                    a=number_text(a),
                    curvature=number_text(curvature),
                ),
            ),
            (
                curvature / 2,
                say("turned upside down"),
                say("A steeper parabola needs a smaller learning rate, not a larger one."),
            ),
            (1.0, say("always 1"), say("The limit depends on the curvature.")),
        ],
        say(
            "A step multiplies w by 1 − η · {curvature}; its size is above 1 when η > 2 / {curvature} = {right}.",
            curvature=number_text(curvature),
            right=number_text(2 / curvature),
        ),
        Place(DESCENT, {"rules": "sgd"}),
        {"a": a},
    )


@asks("momentum_step", "A step with momentum", DESCENT, "number")
def momentum_step(draw: random.Random) -> Question:
    w, velocity, gradient = draw.randint(-4, 4), draw.randint(-4, 4), draw.randint(-5, 5)
    momentum, rate = draw.choice((0.5, 0.8, 0.9)), draw.choice((0.1, 0.2, 0.5))
    if not velocity or not gradient:
        raise Redraw
    new = momentum * velocity + gradient
    value = w - rate * new
    return number(
        say(
            "SGD with momentum, as in PyTorch: v ← {momentum} · v + g, then w ← w − {rate} · v. Before the step w = {w}, v "
            "= {velocity} and the gradient g = {gradient}. What is w after it?",
            momentum=momentum,
            rate=rate,
            w=number_text(w),
            velocity=number_text(velocity),
            gradient=number_text(gradient),
        ),
        value,
        [
            (
                w - rate * gradient,
                say("forgot the momentum"),
                say("This is the step without momentum."),
            ),
            (
                w - rate * (velocity + gradient),
                say("forgot to fade"),
                say("The old velocity is multiplied by {momentum} first.", momentum=momentum),
            ),
            (w + rate * new, say("went uphill"), say("The step goes against the velocity.")),
        ],
        say(
            "v = {momentum} · ({velocity}) + ({gradient}) = {new}; w = {w} − {rate} · ({new}) = {value}.",
            momentum=momentum,
            velocity=number_text(velocity),
            gradient=number_text(gradient),
            new=number_text(round(new, 6)),
            w=number_text(w),
            rate=rate,
            value=number_text(round(value, 6)),
        ),
        Place(DESCENT, {"rules": "sgd,momentum"}),
        {"w": w, "velocity": velocity, "gradient": gradient, "momentum": momentum, "rate": rate},
        tolerance=0.002,
    )


@asks("chain_rule", "A number by the chain rule", CHAIN, "number")
def chain_rule(draw: random.Random) -> Question:
    x, y, z = draw.randint(-3, 3), draw.randint(-3, 3), draw.randint(1, 3)
    expression, name = draw.choice(
        (
            ("(x + y)^2 * z", "x"),
            ("(x * y + z)^2", "x"),
            ("(x * y - z)^2", "y"),
            ("x * y * z + x", "x"),
            ("relu(x * y + z)", "x"),
            ("(x * z)^2 + y", "x"),
        )
    )
    found = graph(expression, x=x, y=y, z=z)
    value = found.gradient[name]
    if "relu" in expression and found.value == 0 and x * y + z == 0:
        raise Redraw
    if value == found.value:
        raise Redraw
    return number(
        say(
            "E = {expression} with x = {x}, y = {y} and z = {z}. What is ∂E/∂{name}?",
            expression=expression.replace("^2", "²")
            .replace(" * ", " · ")
            .replace(" - ", " − ")
            .replace("relu", "ReLU"),
            x=number_text(x),
            y=number_text(y),
            z=number_text(z),
            name=name,
        ),
        value,
        [
            (
                found.value,
                say("gave the value"),
                say("This is the value of E, not its derivative."),
            ),
            (
                value / 2 if "^2" in expression else 0.0 if value else 1.0,
                say("forgot a factor"),
                say("A square brings a factor of 2; follow every factor on the way."),
            ),
            (-value, say("wrong sign"), say("The sign is the other one.")),
        ],
        say("Step by step back from E: ∂E/∂{name} = {value}.", name=name, value=number_text(value)),
        Place(
            CHAIN,
            {"view": "expression", "text": expression, "x": str(x), "y": str(y), "z": str(z)},
        ),
        {"expression": expression, "name": name, "x": x, "y": y, "z": z},
        tolerance=0.002,
    )


@asks("batches", "Steps of a training", LAB, "choice")
def batches(draw: random.Random) -> Question:
    images, batch = (
        draw.choice((1000, 2000, 5000, 10000, 12000, 60000)),
        draw.choice((32, 48, 64, 100, 128, 256)),
    )
    epochs = draw.randint(2, 10)
    a_epoch = len(torch.arange(images).split(batch))
    return choice(
        draw,
        say(
            "{images} images, batches of {batch}, {epochs} epochs; the last batch of an epoch may be smaller. How many steps does the optimiser make?",
            images=number_text(images),
            batch=batch,
            epochs=epochs,
        ),
        a_epoch * epochs,
        [
            (
                images // batch * epochs,
                say("left out the last batch"),
                say("{rest} images are left over in each epoch: one more step.", rest=images % batch),
            ),
            (a_epoch, say("one epoch only"), say("This is one epoch of {epochs}.", epochs=epochs)),
            (
                images * epochs,
                say("a step an image"),
                say("A step is made for each batch, not for each image."),
            ),
            (
                math.ceil(images / batch / epochs),
                say("divided by the epochs"),
                say("Each epoch goes through all images."),
            ),
        ],
        say(
            "⌈{images} / {batch}⌉ = {a_epoch} steps an epoch; times {epochs}: {right}.",
            images=number_text(images),
            batch=batch,
            a_epoch=a_epoch,
            epochs=epochs,
            right=number_text(a_epoch * epochs),
        ),
        Place(LAB, {"epochs": str(epochs), "batch_size": str(batch)}),
        {"images": images, "batch": batch, "epochs": epochs},
    )


@asks("batch_norm", "The output of batch normalisation", TRICKS, "number")
def batch_norm(draw: random.Random) -> Question:
    values = [float(draw.randint(-4, 8)) for _ in range(4)]
    gamma, beta, place = float(draw.choice((1, 2, 3))), float(draw.choice((-1, 0, 1))), draw.randrange(4)
    batch = torch.tensor(values, dtype=torch.float64)
    spread = float(batch.std(correction=0))
    if spread < 1 or values[place] == float(batch.mean()):
        raise Redraw
    found = F.batch_norm(
        batch[:, None],
        None,
        None,
        torch.tensor([gamma], dtype=torch.float64),
        torch.tensor([beta], dtype=torch.float64),
        training=True,
        eps=1e-12,
    )
    value = float(found[place, 0])
    centred = values[place] - float(batch.mean())
    return number(
        say(
            "In training, batch normalisation gets these values of one channel: {values}. γ = {gamma}, β = {beta}, ε = 0. "
            "What becomes of the {one}? Two decimals are enough.",
            values=", ".join(number_text(one) for one in values),
            gamma=number_text(gamma),
            beta=number_text(beta),
            one=number_text(values[place]),
        ),
        value,
        [
            (
                centred / spread,
                say("forgot γ and β"),
                say("The normalised value is multiplied by γ, and β is added."),
            ),
            (
                gamma * centred / spread**2 + beta,
                say("divided by the variance"),
                say("It is divided by the standard deviation, the root of the variance."),
            ),
            (
                gamma * centred / float(batch.std()) + beta,
                say("divided by n − 1"),
                say("Batch normalisation takes the mean of the squares over all n values."),
            ),
            (
                gamma * centred + beta,
                say("forgot to divide"),
                say("After the mean is taken away, it is divided by the standard deviation."),
            ),
        ],
        say(
            "The mean is {mean}, the standard deviation {spread}: {gamma} · ({one} − ({mean})) / {spread} + ({beta}) = {value}.",
            mean=number_text(round(float(batch.mean()), 3)),
            spread=number_text(round(spread, 3)),
            gamma=number_text(gamma),
            one=number_text(values[place]),
            beta=number_text(beta),
            value=f"{value:.2f}".replace("-", "−"),
        ),
        Place(TRICKS, {"trick": "normalisation"}),
        {"values": values, "gamma": gamma, "beta": beta, "place": place},
        tolerance=0.011,
    )


CLASSES = ("cat", "dog", "fox")


@asks("ensemble", "What an ensemble answers", TRICKS, "choice")
def ensemble(draw: random.Random) -> Question:
    rows = []
    for _ in range(3):
        parts = [draw.randint(1, 9) for _ in CLASSES]
        rows.append([round(part / sum(parts), 2) for part in parts])
    table = torch.tensor(rows, dtype=torch.float64)
    if any(abs(sum(row) - 1) > 1e-9 for row in rows) or any(len(set(row)) < 3 for row in rows):
        raise Redraw
    mean = table.mean(0)
    order = mean.argsort(descending=True)
    if float(mean[order[0]] - mean[order[1]]) < 0.02:
        raise Redraw
    right = int(order[0])
    surest = int(table.max(0).values.argmax())
    votes = torch.bincount(table.argmax(1), minlength=3)
    wrong = []
    for place in range(3):
        if place == right:
            continue
        if int(votes.max()) > 1 and int(votes.argmax()) == place:
            mistake, why = (
                say("counted votes"),
                say(
                    "Two of the networks vote for it, but here probabilities are averaged, and the third one is surer."
                ),
            )
        elif surest == place:
            mistake, why = (
                say("took the surest network"),
                say("One network is surest of it, but the mean counts all three."),
            )
        else:
            mistake, why = (
                say("not the largest mean"),
                say("Its mean probability is {mean}.", mean=f"{float(mean[place]):.2f}"),
            )
        wrong.append((CLASSES[place], mistake, why))
    return choice(
        draw,
        say(
            "Three networks give an image these probabilities. The ensemble answers with the class of the largest mean probability. Which one?"
        ),
        CLASSES[right],
        wrong,
        say(
            "The means are {means}.",
            means=", ".join(f"{name} {float(one):.3f}" for name, one in zip(CLASSES, mean, strict=True)),
        ),
        Place(TRICKS, {"trick": "ensemble"}),
        {"table": rows, "classes": CLASSES},
        grids=(Grid(say("Probabilities"), table, (["A", "B", "C"], CLASSES)),),
    )


@asks("linear_parameters", "Parameters of a fully connected layer", BUILDER, "choice")
def linear_parameters(draw: random.Random) -> Question:
    channels, side, outputs = draw.choice((8, 16, 32, 64)), draw.choice((4, 5, 7)), draw.choice((10, 20, 100))
    layer = torch.nn.Linear(channels * side**2, outputs, device="meta")
    right = sum(one.numel() for one in layer.parameters())
    return choice(
        draw,
        say(
            "{channels} maps of {side}×{side} are flattened and go into a fully connected layer with {outputs} outputs and biases. How many parameters has it?",
            channels=channels,
            side=side,
            outputs=outputs,
        ),
        right,
        [
            (
                channels * side**2 * outputs,
                say("forgot the biases"),
                say("Each output has a bias: {outputs} more.", outputs=outputs),
            ),
            (
                channels * outputs + outputs,
                say("one weight a map"),
                say("Each of the {count} numbers of a map has a weight of its own.", count=side**2),
            ),
            (
                channels * side**2 + outputs,
                say("added, not multiplied"),
                say("Each input is connected with each output."),
            ),
        ],
        say(
            "{channels} · {side}² · {outputs} + {outputs} = {right}.",
            channels=channels,
            side=side,
            outputs=outputs,
            right=number_text(right),
        ),
        Place(BUILDER),
        {"channels": channels, "side": side, "outputs": outputs},
    )


@asks("xor", "What one neuron can do", PLAYGROUND, "choice")
def xor(draw: random.Random) -> Question:
    weights = [draw.randint(-3, 3), draw.randint(-3, 3)]
    bias = draw.randint(-3, 3)
    corners = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    sums = (
        torch.tensor(corners, dtype=torch.float64)
        @ torch.tensor([float(one) for one in weights], dtype=torch.float64)
        + bias
    )
    if bool((sums == 0).any()) or not all(weights):
        raise Redraw
    said = [f"({int(a)}, {int(b)})" for a, b in corners]
    positive = tuple(place for place in range(4) if float(sums[place]) > 0)

    def words(places: tuple[int, ...]) -> str:
        return ", ".join(said[place] for place in places) if places else say("none of them")

    without_bias = tuple(p for p in range(4) if float(sums[p]) - bias > 0)
    turned = tuple(p for p in range(4) if p not in positive)
    return choice(
        draw,
        say(
            "A neuron says yes where {a} · x₁ + {b} · x₂ + {c} > 0. To which of the points (0, 0), (0, 1), (1, 0), (1, 1) does it say yes?",
            a=number_text(weights[0]),
            b=number_text(weights[1]),
            c=number_text(bias),
        ).replace("+ −", "− "),
        words(positive),
        [
            (
                words(without_bias),
                say("forgot the bias"),
                say("The bias {bias} is added at each point.", bias=number_text(bias)),
            ),
            (words(turned), say("the other side"), say("This is the side on which the sum is negative.")),
            (
                words((1, 2)),
                say("exclusive or"),
                say(
                    "No single neuron can say yes to these two alone: no straight line parts them from the others."
                ),
            ),
            (words((0, 1, 2, 3)), say("all of them"), say("At some of them the sum is not positive.")),
        ],
        say("The sums are {sums}.", sums=", ".join(number_text(float(one)) for one in sums)),
        Place(PLAYGROUND),
        {"weights": weights, "bias": bias},
    )
