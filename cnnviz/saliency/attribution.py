"""One signature for all saliency methods."""

import math
import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from cnnviz.errors import CnnvizError
from cnnviz.inspection import Runner, as_batch, once_a_network, runner_of
from cnnviz.saliency.methods import METHODS, Method
from cnnviz.saliency.question import Progress, Question
from cnnviz.words import say


@dataclass(frozen=True, eq=False)
class Attribution:
    """What a method says about one image and one class.

    Attributes:
        map: (H, W) float32, signed: positive speaks for the class, negative against it. Sum over the colour
            channels.
        method: a key of ``METHODS``.
        seconds: it took.
        target: the class.
        layer: that the method looked at, or nothing.
        values: (C, H, W) before the channels were added; (1, H, W) of methods that do not tell channels
            apart.
        total: the sum of all values as the method counts them; for a complete method it is S(x) −
            S(baseline).
        options: all that were used.
    """

    map: Tensor
    method: str
    seconds: float
    target: int
    layer: str
    values: Tensor
    total: float
    options: dict[str, Any]

    def __repr__(self) -> str:
        size = "×".join(map(str, self.map.shape))
        return f"Attribution({self.method} of class {self.target}: {size}, {self.map.min():.3g} to {self.map.max():.3g}, {self.seconds:.3f} s)"


def attribute(
    model: nn.Module,
    image: Tensor,
    target: int | None = None,
    method: str = "grad_cam",
    layer: str | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Attribution:
    """Which pixels spoke for a class, and which against it.

    The model is not changed, and several threads may ask at once: hooks sit on a private copy that shares its
        weights.

    Args:
        model: any network, images in and logits out.
        image: (C, H, W) float in [0, 1].
        target: number of the class; the most probable one if not given.
        method: a key of ``METHODS``.
        layer: for Grad-CAM and its like, a name in ``feature_maps``; the last layer with maps if not given.
        progress: called now and then with the share done; may raise to end the work.
        options: of the method, see ``METHODS[method].options``.

    Raises:
        CnnvizError: what does not fit, and what to choose instead.
    """
    if method not in METHODS:
        raise CnnvizError(
            say(
                "There is no saliency method '{method}'. Choose one of: {methods}.",
                method=method,
                methods=", ".join(METHODS),
            )
        )
    entry = METHODS[method]
    batch = _checked_image(model, image)
    runner = runner_of(model)
    batch = batch.to(runner.device)
    target = check_target(runner, batch, target)
    chosen = _checked_layer(model, runner, batch, entry, layer)
    question = Question(
        runner, batch.requires_grad_(), target, chosen, _checked_options(entry, options), progress
    )
    import captum.attr  # noqa: F401  # a second at the first call, which is not the method's own time

    started = time.perf_counter()
    try:
        with torch.enable_grad():
            values, total = entry.run(question)
    except (ValueError, RuntimeError):
        _check_answer(runner, batch)
        raise
    values = values.detach().to("cpu", torch.float32)
    summed = values.sum(0) if len(values) > 1 else values[0]
    seconds = time.perf_counter() - started
    plain = summed.sum().item()
    if not math.isfinite(plain):
        _check_answer(runner, batch)
        raise CnnvizError(
            say(
                "{title} gave values that are not finite for this image. Choose another method or layer.",
                title=say(entry.title),
            )
        )
    return Attribution(
        summed, method, seconds, target, chosen, values, plain if total is None else total, question.options
    )


def _checked_image(model: nn.Module, image: Tensor) -> Tensor:
    batch = as_batch(model, image).detach()
    if not batch.is_floating_point():
        raise CnnvizError("The image has whole numbers. Give it as float from 0 to 1: image.float() / 255.")
    low, high = (end.item() for end in batch.aminmax())
    if not math.isfinite(high - low):
        raise CnnvizError("The image has values that are not finite. Choose another image.")
    if low == high or (batch.shape[1] > 1 and torch.equal(batch.amax((2, 3)), batch.amin((2, 3)))):
        raise CnnvizError(
            "This image has the same colour everywhere, so no pixel can matter more than another. Choose or draw an image with something on it."
        )
    return batch


def check_target(runner: Runner, batch: Tensor, target: int | None) -> int:
    """The class, the most probable one for ``None``.

    Raises:
        CnnvizError: no such class, or the network's answer is not finite.
    """
    shape = list(runner.shapes(tuple(batch.shape[1:])).values())[-1]
    if len(shape) != 1:
        raise CnnvizError("Saliency needs a network that answers with one number a class, (B, classes).")
    if target is None:
        return int(_check_answer(runner, batch).argmax())
    if isinstance(target, bool) or not 0 <= int(target) < shape[0]:
        raise CnnvizError(
            say(
                "There is no class {target}: this network has {shape} classes, 0 to {shape2}.",
                target=target,
                shape=shape[0],
                shape2=shape[0] - 1,
            )
        )
    return int(target)


def _check_answer(runner: Runner, batch: Tensor) -> Tensor:
    """(classes,) the logits.

    Raises:
        CnnvizError: they are not finite.
    """
    logits = runner.logits(batch)[0]
    if not logits.isfinite().all():
        raise CnnvizError(
            "The network's answer is not a finite number: its weights have diverged. Choose an earlier step of the training, or another run."
        )
    return logits


def _checked_layer(model: nn.Module, runner: Runner, batch: Tensor, method: Method, layer: str | None) -> str:
    if not method.needs_layer:
        return ""
    if layer is None:
        return default_layer(model, (batch.shape[1], batch.shape[2], batch.shape[3]))
    name = runner.graph.find(layer)
    shape = runner.shapes(tuple(batch.shape[1:])).get(name, ())
    if len(shape) != 3 or shape[1] * shape[2] == 1:
        usable = layers_for_maps(model, (batch.shape[1], batch.shape[2], batch.shape[3]))
        raise CnnvizError(
            say(
                "'{layer}' has no maps, only single units, so {title} cannot use it. Choose one of: {usable}.",
                layer=layer,
                title=say(method.title),
                usable=", ".join(usable[-6:]),
            )
        )
    runner.graph.module_of(name)
    return name


def layers_for_maps(model: nn.Module, input_shape: tuple[int, int, int]) -> list[str]:
    """The layers that Grad-CAM and its like can look at: those with maps larger than one unit, in the order
    of computation.

    Raises:
        CnnvizError: the network has none.
    """
    return list(_layers_for_maps(runner_of(model), tuple(input_shape)))


@once_a_network
def _layers_for_maps(runner: Runner, input_shape: tuple[int, ...]) -> tuple[str, ...]:
    calls, known = runner.graph.calls, runner.shapes(input_shape)
    listed = [name for name, call in runner.graph.shown.items() if name in calls and call in known]
    found = tuple(
        name
        for name in listed
        if len(shape := known[runner.graph.shown[name]]) == 3
        and shape[1] * shape[2] > 1
        and calls[name].module is not None
        and not calls[name].rules.normalises
    )
    if not found or not any(calls[name].kind.startswith("Conv") for name in calls):
        raise CnnvizError(
            "This network has no convolution, so it has no maps for a method that looks at a layer. Choose Gradient, Integrated gradients or Occlusion."
        )
    return found


def default_layer(model: nn.Module, input_shape: tuple[int, int, int]) -> str:
    """The last layer with maps that is no pooling: where the network has seen most and still knows where."""
    return _default_layer(runner_of(model), tuple(input_shape))


@once_a_network
def _default_layer(runner: Runner, input_shape: tuple[int, ...]) -> str:
    calls, names = runner.graph.calls, _layers_for_maps(runner, input_shape)
    return next((name for name in reversed(names) if not calls[name].rules.passes_on), names[-1])


def _checked_options(method: Method, options: dict[str, Any]) -> dict[str, Any]:
    known = {option.name: option for option in method.options}
    complete = {option.name: option.usual for option in method.options}
    for name, value in options.items():
        if name not in known:
            raise CnnvizError(
                say(
                    "{title} has no option '{name}'. It has: {known}.",
                    title=say(method.title),
                    name=name,
                    known=", ".join(known) or "none",
                )
            )
        option = known[name]
        if option.names:
            if value not in option.names:
                raise CnnvizError(
                    say(
                        "The {name} of {title} is {value!r}. Choose one of: {names}.",
                        name=name,
                        title=say(method.title),
                        value=value,
                        names=", ".join(option.names),
                    )
                )
        elif (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not option.low <= value <= option.high
        ):
            raise CnnvizError(
                say(
                    "{title} of {title2} is {value!r}, but it must be a number from {low:g} to {high:g}.",
                    title=say(option.title),
                    title2=say(method.title),
                    value=value,
                    low=option.low,
                    high=option.high,
                )
            )
        complete[name] = value
    return complete
