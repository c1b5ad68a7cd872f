"""From a class back to a pixel: at each layer to the input whose product is the largest."""

from dataclasses import dataclass

from torch import Tensor, nn

from cnnviz.errors import CnnvizError
from cnnviz.inspection.graph import IMAGE, LayerCall
from cnnviz.inspection.runner import runner_of
from cnnviz.inspection.units import UnitExplanation, call_and_values, explain_in
from cnnviz.words import say


@dataclass(frozen=True, eq=False)
class Stop:
    """One unit on the way.

    Attributes:
        call: its layer.
        unit: how it came about.
        maps: all outputs of the layer, (C, H, W), or (units, 1, 1).
    """

    call: LayerCall
    unit: UnitExplanation
    maps: Tensor


@dataclass(frozen=True, eq=False)
class Path:
    """A way through the network, from the image on.

    Attributes:
        pixel: (channel, row, column) where it begins; ``None`` if it begins in a layer that cannot be taken
            apart.
        stops: a unit of each layer, the last one is the logit of the class.
    """

    pixel: tuple[int, int, int] | None
    stops: tuple[Stop, ...]


def strongest_path(model: nn.Module, image: Tensor, target: int | None = None) -> Path:
    """Follows the largest product (by its size) of each unit's sum, from a class's logit to a pixel.

    It is one of very many ways on which numbers reach the class, and shows how each layer's numbers become the next
    one's; it does not say that this pixel matters more than others (that is what saliency maps are for).

    Args:
        image: (C, H, W) float in [0, 1].
        target: the class; the most probable one, if not given.

    Raises:
        CnnvizError: there is no such class.
    """
    graph = runner_of(model).graph
    last = list(graph.calls)[-1]
    _, values = call_and_values(model, image, last)
    logits = values[last]
    if target is not None and not 0 <= target < len(logits):
        raise CnnvizError(
            say(
                "The network has the classes 0 to {count}, so there is no class {target}.",
                count=len(logits) - 1,
                target=target,
            )
        )
    layer, place = last, (int(logits.argmax()) if target is None else target, 0, 0)
    stops: list[Stop] = []
    while layer != IMAGE:
        call, output = graph.calls[layer], values[layer]
        try:
            unit = explain_in(values, call, *place)
        except CnnvizError:
            return Path(None, tuple(reversed(stops)))
        maps = output if output.dim() == 3 else output.view(-1, 1, 1)
        stops.append(Stop(call, unit, maps.float()))
        strongest = unit.strongest(1)
        if not strongest or strongest[0].place is None:
            return Path(None, tuple(reversed(stops)))
        layer, *rest = strongest[0].place
        place = (rest[0], rest[1], rest[2])
    return Path(place, tuple(reversed(stops)))
