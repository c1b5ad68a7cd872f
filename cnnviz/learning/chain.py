"""A computation on a tape as steps that one can walk through: forward, backward with the chain rule's terms, update."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from cnnviz.learning.tape import Tape
from cnnviz.words import say

FORWARD, BACKWARD, UPDATE, AGAIN = "forward", "backward", "update", "again"


@dataclass(frozen=True)
class ChainTerm:
    """A part of a sum: ``left`` · ``right`` = ``product``; ``right`` is ``None`` where only one number counts.

    Attributes:
        left, right: (grid, place in it, which number of the cell: ``value`` or ``gradient``, the number).
            A number without a grid, such as a slope or the learning rate, has the grid "".
    """

    left: tuple[str, int, str, float]
    right: tuple[str, int, str, float] | None
    product: float


@dataclass(frozen=True)
class ChainStep:
    """One number and all that made it.

    Attributes:
        phase: ``forward``, ``backward``, ``update`` or ``again``.
        name: of the stage, such as ``convolution`` or ``gradient of the kernel``.
        grid, place: the cell; ``part``: which number of it is new: ``value``, ``gradient`` or ``updated``.
        rule: how the terms become the value, in words and symbols.
    """

    phase: str
    name: str
    grid: str
    place: int
    part: str
    terms: tuple[ChainTerm, ...]
    value: float
    rule: str


@dataclass(frozen=True, eq=False)
class ChainGrid:
    """The numbers of one stage; (rows, columns) each.

    Attributes:
        updated: after the update; ``None`` for what is not learned.
    """

    name: str
    title: str
    values: Tensor
    gradients: Tensor
    updated: Tensor | None


@dataclass(frozen=True, eq=False)
class ChainTrace:
    """The whole way there and back.

    Attributes:
        steps: in order.
        grids: by name, in the order of the network: ``image``, ``kernel``, ``bias``, ``convolution``,
            ``activation``, ``pooling``, ``flatten``, ``weights``, ``biases``, ``logits``, ``softmax``, ``loss``.
        loss, new_loss: before and after the update.
        settings: what it was made with, for ``cnn_code``.
    """

    steps: tuple[ChainStep, ...]
    grids: dict[str, ChainGrid]
    loss: float
    new_loss: float
    settings: dict[str, Any]


class Chain:
    """Numbers on a tape, in named grids.

    Attributes:
        places: grid -> places on the tape, row by row.
    """

    tape: Tape
    places: dict[str, list[int]]
    where: dict[int, tuple[str, int]]

    def name_places(self) -> None:
        """To be called when all places are there."""
        self.where = {
            place: (name, number)
            for name, places in self.places.items()
            for number, place in enumerate(places)
        }

    def values(self, name: str) -> Tensor:
        return torch.tensor(
            [self.tape.nodes[place].value for place in self.places[name]], dtype=torch.float64
        )

    def gradients(self, name: str) -> Tensor:
        return torch.tensor(
            [self.tape.nodes[place].gradient for place in self.places[name]], dtype=torch.float64
        )

    def _cell(self, place: int, part: str = "value") -> tuple[str, int, str, float]:
        node = self.tape.nodes[place]
        grid, number = self.where.get(place, ("", 0))
        return grid, number, part, node.value if part == "value" else node.gradient

    def made_of(self, place: int) -> tuple[ChainTerm, ...]:
        node = self.tape.nodes[place]
        terms = []
        for source in node.inputs:
            product = self.tape.nodes[source]
            if product.operation == "multiply" and source not in self.where:
                one, other = product.inputs
                terms.append(ChainTerm(self._cell(one), self._cell(other), product.value))
            elif source not in self.where and len(product.inputs) == 1:
                terms.append(ChainTerm(self._cell(product.inputs[0]), None, node.value))
            else:
                terms.append(ChainTerm(self._cell(source), None, product.value))
        return tuple(terms)

    def chained(self, place: int) -> tuple[ChainTerm, ...]:
        """The chain rule at one number: gradient of each number that uses it, times the slope."""
        terms = []
        for user, gradient, slope, product in self.tape.nodes[place].terms:
            node = self.tape.nodes[user]
            left = self._cell(user, "gradient")
            right: tuple[str, int, str, float] = ("", 0, "slope", slope)
            if node.operation == "multiply" and user not in self.where:
                # A product inside a sum: its gradient is the sum's, its slope the other factor.
                total = node.terms[0][0]
                left = self._cell(total, "gradient")
                other = next(one for one in node.inputs if one != place)
                right = self._cell(other)
            elif node.operation == "log":
                left = ("", 0, "slope", gradient)
            terms.append(ChainTerm(left, right, product))
        return tuple(terms)

    def update_steps(self, learned: Sequence[str], rate: float) -> list[ChainStep]:
        """One step of gradient descent for all numbers of these grids."""
        steps = []
        for grid in learned:
            for number, place in enumerate(self.places[grid]):
                node = self.tape.nodes[place]
                terms = (
                    ChainTerm(self._cell(place), None, node.value),
                    ChainTerm(("", 0, "rate", -rate), self._cell(place, "gradient"), -rate * node.gradient),
                )
                steps.append(
                    ChainStep(
                        UPDATE,
                        say("update of the {grid}", grid=grid),
                        grid,
                        number,
                        "updated",
                        terms,
                        node.value - rate * node.gradient,
                        say("new = old − {rate:g} · gradient", rate=rate),
                    )
                )
        return steps

    def steps_of(self, phase: str, rules: Mapping[str, tuple[str, str]]) -> list[ChainStep]:
        """A step for each number of some grids: grid -> (name of the stage, its rule)."""
        part = "value" if phase == FORWARD else "gradient"
        terms = self.made_of if phase == FORWARD else self.chained
        return [
            self._step(phase, name, grid, number, part, terms(place), rule)
            for grid, (name, rule) in rules.items()
            for number, place in enumerate(self.places[grid])
        ]

    def _step(
        self,
        phase: str,
        name: str,
        grid: str,
        number: int,
        part: str,
        terms: tuple[ChainTerm, ...],
        rule: str,
    ) -> ChainStep:
        node = self.tape.nodes[self.places[grid][number]]
        value = node.value if part == "value" else node.gradient
        return ChainStep(phase, name, grid, number, part, terms, value, rule)
