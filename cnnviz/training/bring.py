"""Weights that were made elsewhere, as a run of one's own. Nothing that is brought is ever executed: safetensors hold
numbers only, and a ``state_dict`` is read with ``weights_only``.
"""

import io
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.settings import settings
from cnnviz.training.folder import Status
from cnnviz.training.loop import Trainer
from cnnviz.training.run import NOBODY, Run, owner_hash
from cnnviz.training.spec import TrainingSpec
from cnnviz.training.starting import create
from cnnviz.words import one_after_another, say

PREFIXES = ("network.", "model.", "module.", "_orig_mod.")
"""What other programs put before the names of layers."""
SHOWN = 4
"""Differences that a sentence names."""
NORMALISE = "normalise."


def bring(data: bytes, spec: TrainingSpec, key: str | None = None) -> Run:
    """A run that begins with these weights: it stands at step 0, can be looked into everywhere, and trained on.

    Args:
        data: a file of safetensors, or what ``torch.save(network.state_dict(), …)`` wrote.
        spec: the network that the weights are for, its data set, and how one would train on.
        key: the secret of the browser that will command the run; only its hash is kept.

    Raises:
        CnnvizError: the file is too large, holds more than tensors, or does not fit the network: then it says
            which layers differ.
    """
    spec.check()
    weights = read_weights(data)
    trainer = Trainer(spec)
    trainer.network.load_state_dict(fitted(weights, trainer.network.state_dict(), spec.network_name))
    with create(spec, owner_hash(key)) as folder:
        folder.save_snapshot(0, trainer.weights())
        folder.add_metric(trainer.record(validate=True))
        tensors, texts = trainer.state()
        folder.save_checkpoint(tensors, {**texts, "written": "0"})
        words = say("These weights were brought from a file. Press Resume to train on from them.")
        folder.set_status(Status("stopped", 0, trainer.total_steps, words).held_by(NOBODY))
    return Run(folder.path.name)


def read_weights(data: bytes) -> dict[str, Tensor]:
    """Name -> tensor.

    Raises:
        CnnvizError: the file is too large, or holds something else.
    """
    most = settings().max_weights_bytes
    if len(data) > most:
        raise CnnvizError(
            say(
                "This file has {count:,.0f} MB, and weights may have {most:,.0f} MB. "
                "Save the state_dict of the network alone, or set CNNVIZ_MAX_WEIGHTS_BYTES higher.",
                count=len(data) / 1000000.0,
                most=most / 1000000.0,
            )
        )
    if data[8:9] == b"{":
        try:
            return load_safetensors(data)
        except SafetensorError as error:
            raise CnnvizError(
                say(
                    "This file begins like safetensors but cannot be read: {error}. Save it again.",
                    error=error,
                )
            ) from None
    try:
        found = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception:  # whatever a damaged or hostile file makes of the reader
        raise CnnvizError(
            "This file holds no plain weights. cnnviz reads safetensors, and files written by "
            "torch.save(network.state_dict(), …); it never runs code from a file, so a whole pickled network is refused."
        ) from None
    return _tensors(found)


def _tensors(found: Any) -> dict[str, Tensor]:
    """Of a checkpoint that holds more than weights, those."""
    for name in ("state_dict", "model_state_dict", "model"):
        if isinstance(found, Mapping) and isinstance(found.get(name), Mapping):
            found = found[name]
    if not isinstance(found, Mapping) or not found:
        raise CnnvizError("This file holds no table of weights by name. Save network.state_dict().")
    if any(not isinstance(value, Tensor) for value in found.values()):
        raise CnnvizError("This file holds more than tensors. Save network.state_dict() alone.")
    return {str(name): value for name, value in found.items()}


def fitted(weights: Mapping[str, Tensor], own: Mapping[str, Tensor], title: str) -> dict[str, Tensor]:
    """The weights by the names of the network: by name, or, where the names differ, in order.

    Args:
        own: the network's ``state_dict``; its normalisation may be missing in ``weights``.

    Raises:
        CnnvizError: layers differ; it names the first ones.
    """
    given = {_plain(name): value for name, value in weights.items()}
    needed = {name: value for name, value in own.items() if not name.startswith(NORMALISE)}
    numbers = {name: value for name, value in given.items() if not name.startswith(NORMALISE)}
    if not set(needed) <= set(numbers):
        numbers = _in_order(numbers, needed) or numbers
    differences = [
        say(
            "'{name}' is {size} in the network, but {given} in the file",
            name=name,
            size=_size(value),
            given=_size(numbers[name]),
        )
        if name in numbers
        else say("'{name}' is {size} in the network, but missing in the file", name=name, size=_size(value))
        for name, value in needed.items()
        if name not in numbers or numbers[name].shape != value.shape
    ]
    differences += [
        say("'{name}' of the file is not in the network", name=name) for name in numbers if name not in needed
    ]
    if differences:
        more = say("; and {count} more", count=len(differences) - SHOWN) if len(differences) > SHOWN else ""
        raise CnnvizError(
            say(
                "These weights do not fit the network '{title}': {difference}{more}. "
                "Choose the network, the data set and the classes that they were trained with.",
                title=title,
                difference=one_after_another(*differences[:SHOWN], between="; "),
                more=more,
            )
        )
    kept = {
        name: given[name] if name in given and given[name].shape == value.shape else value
        for name, value in own.items()
        if name.startswith(NORMALISE)
    }
    return kept | {name: numbers[name].to(value.dtype) for name, value in needed.items()}


def _plain(name: str) -> str:
    while prefix := next((one for one in PREFIXES if name.startswith(one)), ""):
        name = name.removeprefix(prefix)
    return name


WRITTEN = ("body", "branches", "blocks", "high", "low_to_high", "low", "high_to_low", "shortcut", "after")
"""The parts of blocks in written PyTorch, in the order in which their weights are drawn."""


def _in_order(given: Mapping[str, Tensor], needed: Mapping[str, Tensor]) -> dict[str, Tensor] | None:
    """The weights layer by layer in the order of both, by the names of ``needed``; ``None`` if they do not fit."""
    ours, theirs = _layers(needed), _layers(given)
    if all(part.isdigit() or part in WRITTEN for layer in theirs for part in layer.split(".")):
        # As ``nn.Sequential`` and the blocks of ``models.code`` name them; a file of safetensors is sorted by letters, 10 before 2.
        theirs = dict(sorted(theirs.items(), key=lambda one: list(map(_place, one[0].split(".")))))
    if [_shapes(layer) for layer in ours.values()] != [_shapes(layer) for layer in theirs.values()]:
        return None
    return {
        f"{name}.{part}": other[part]
        for (name, layer), other in zip(ours.items(), theirs.values(), strict=True)
        for part in layer
    }


def _place(part: str) -> int:
    return int(part) if part.isdigit() else WRITTEN.index(part)


def _layers(weights: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """Layer -> its weight, bias, …"""
    found: defaultdict[str, dict[str, Tensor]] = defaultdict(dict)
    for name, value in weights.items():
        layer, _, part = name.rpartition(".")
        found[layer][part] = value
    return dict(found)


def _shapes(layer: Mapping[str, Tensor]) -> dict[str, torch.Size]:
    return {part: value.shape for part, value in layer.items()}


def _size(value: Tensor) -> str:
    return "×".join(map(str, value.shape)) or "one number"
