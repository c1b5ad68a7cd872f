"""What the house knows of a type of layer: one entry a type, found by the module's class or the function's
name.

A new type is one class below ``LayerRules``, registered with ``rules_for`` in ``layer_types.py`` or
``functions.py``. It says only what differs from an ordinary layer. A module that nobody registered gets along
    with the ordinary rules: it is
run, drawn and hooked as all others, and whoever asks for what is missing is told so in a sentence.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnviz.errors import CnnvizError
from cnnviz.ops.receptive_field import Window
from cnnviz.words import say

if TYPE_CHECKING:
    from cnnviz.inspection.graph import LayerCall
    from cnnviz.inspection.units import UnitExplanation, UnitTrace

Numbers = NDArray[np.int64]
Place = tuple[str, int, int, int]
"""(layer, channel, row, column); the layer ``"image"`` is the image."""
Unit = tuple[int, int, int]
"""(channel, row, column)"""


@dataclass(frozen=True)
class Reach:
    """Which cells of its input each unit of a layer takes, along one axis.

    Attributes:
        cells: (units, k) places in the input, −1 where a unit takes none.
        window: the same as one arithmetic progression, for units away from the border; ``None``: there is
            none.
        uniform: all units away from the border take equally many cells.
    """

    cells: Numbers
    window: Window | None
    uniform: bool = True


@dataclass(frozen=True)
class UnitSum:
    """A unit as a sum, value = Σ window · weights + bias.

    Attributes:
        window: (N, K, K) float64, the inputs that it takes.
        weights: (N, K, K), ``None`` for a function that is no sum of its inputs.
        places: where they stand, one a cell, in the order of ``window.flatten()``; ``None`` in the padding.
    """

    window: Tensor
    weights: Tensor | None
    places: list[Place | None]
    bias: float = 0.0


class LayerRules:
    """The rules of an ordinary layer.

    Attributes:
        passes_on: it picks, averages or moves values and makes none of its own; its maps show what those
            before it show.
        normalises: it only brings the image's values into the range that the network was trained with.
        words: what a unit is, where "the sum of n products" does not say it.
    """

    passes_on: bool = False
    normalises: bool = False
    words: str = ""

    def affine(self, module: Any) -> bool:
        """In evaluation mode, its output is one affine function of its input."""
        return False

    def reach(self, module: Any, axis: int, length: int, n: int) -> Reach | None:
        """Which of ``n`` cells each of ``length`` units takes along rows (0) or columns (1); ``None``: the
        sizes tell it, for a unit takes the cell in its own place, or all cells where there is one unit."""
        return None

    def explain(
        self, call: "LayerCall", inputs: Sequence[Tensor], unit: Unit, shape: tuple[int, ...]
    ) -> UnitSum:
        """The sum that makes a unit.

        Args:
            inputs: of each layer that feeds it, (C, H, W) or (units,) float64.
            shape: of its own output.

        Raises:
            CnnvizError: it cannot be taken apart.
        """
        raise CnnvizError(
            say(
                "'{name}' is a layer of kind {kind}, whose units cannot be taken apart yet. Choose the layer before or after it.",
                name=call.name,
                kind=call.kind,
            )
        )

    def steps(
        self, call: "LayerCall", values: Mapping[str, Tensor], unit: "UnitExplanation"
    ) -> "UnitTrace | None":
        """The unit among its neighbours, for the stepper; ``None``: the unit alone is stepped through.

        Args:
            values: layer -> (C, H, W) or (units,) float64.
        """
        return None


ORDINARY = LayerRules()
_RULES: dict[type[nn.Module] | str, LayerRules] = {}
FUNCTION_FORMS: dict[Any, tuple[type[nn.Module], tuple[str, ...]]] = {}
"""Functions, and names of tensors' methods, that do what a module does; and their arguments, by the module's
words.
"""

Rules = TypeVar("Rules", bound=type[LayerRules])


def rules_for(
    *types: type[nn.Module] | str, forms: Sequence[Any] = (), arguments: tuple[str, ...] = ()
) -> Callable[[Rules], Rules]:
    """Registers the rules of types of modules and, by name, of functions or of modules of libraries that may
    not be there.

    Args:
        forms: functions, and names of tensors' methods, that do the same as the first type of module.
        arguments: what these take after the input, in order, as the module's constructor calls it.
    """

    def add(rules: Rules) -> Rules:
        register_rules(rules(), *types, forms=forms, arguments=arguments)
        return rules

    return add


def register_rules(
    rules: LayerRules,
    *types: type[nn.Module] | str,
    forms: Sequence[Any] = (),
    arguments: tuple[str, ...] = (),
) -> None:
    """The same for rules that stand already."""
    _RULES.update(dict.fromkeys(types, rules))
    for form in forms:
        kind = types[0]
        assert isinstance(kind, type)
        FUNCTION_FORMS[form] = kind, arguments


def rules_of(what: nn.Module | str) -> LayerRules:
    """The rules of a module, by its class or the nearest one that it is derived from; of a function, by its
    name.
    """
    if isinstance(what, str):
        return _RULES.get(what.strip("_"), ORDINARY)
    for kind in type(what).__mro__:
        found = _RULES.get(kind) or _RULES.get(kind.__name__)
        if found is not None:
            return found
    return ORDINARY
