"""The answer of every layer to one image."""

import copy

import torch
from torch import Tensor, nn

from cnnviz.errors import CnnvizError
from cnnviz.inspection.runner import runner_of
from cnnviz.models import ImageNetwork
from cnnviz.words import say


def feature_maps(model: nn.Module, image: Tensor) -> dict[str, Tensor]:
    """All layers' outputs for one image, in the order of computation, of any network.

    The model is not changed: a private copy that shares its weights is run in evaluation mode (see
        ``Runner``). Sums and
    joins of branches are layers too, named after their block: ``layer1.0.add``.

    Args:
        model: images in, logits out; as ``build``, ``pretrained`` and ``Run.network`` return it, or any
            other.
        image: (C, H, W) or (1, C, H, W) float in [0, 1].

    Returns:
        layer name -> (C, H, W) float32; vectors, after flattening, as (units, 1, 1).

    Raises:
        CnnvizError: the image does not have the network's shape.
    """
    return {layer: as_maps(output) for layer, output in _outputs(model, as_batch(model, image)).items()}


def batch_outputs(model: nn.Module, images: Tensor) -> dict[str, Tensor]:
    """The same for several images at one time: layer name -> its output, with the batch in front.

    Args:
        images: (B, C, H, W) float in [0, 1].
    """
    if isinstance(model, ImageNetwork):
        model.check_images(images)
    return _outputs(model, images)


def _outputs(model: nn.Module, batch: Tensor) -> dict[str, Tensor]:
    try:
        runner = runner_of(model)
    except CnnvizError:
        return _by_hooks(model, batch)
    with torch.inference_mode():
        outputs = runner.outputs(batch.to(runner.device))
        shown = runner.graph.shown.items()
        return {layer: outputs[name] for layer, name in shown if name in outputs and outputs[name].dim() >= 2}


def as_batch(model: nn.Module, image: Tensor) -> Tensor:
    """One image as a batch of one.

    Raises:
        CnnvizError: several images, or not the network's shape.
    """
    batch = image if image.dim() == 4 else image.unsqueeze(0)
    if batch.dim() != 4 or len(batch) != 1:
        raise CnnvizError(
            say(
                "This needs one image of shape (C, H, W), but got {str}.", str="×".join(map(str, image.shape))
            )
        )
    if isinstance(model, ImageNetwork):
        model.check_images(batch)
    return batch


def as_maps(output: Tensor) -> Tensor:
    """A layer's output for a batch of one as (C, H, W); vectors as (units, 1, 1), tokens (T, D) as (1, T,
    D).
    """
    values = output.select(0, 0)
    dimensions = values.dim()
    return values if dimensions == 3 else values.view(-1, 1, 1) if dimensions == 1 else values.unsqueeze(0)


def _by_hooks(model: nn.Module, batch: Tensor) -> dict[str, Tensor]:
    """For networks whose graph cannot be drawn: the outputs of all modules without children."""
    shared = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    twin = copy.deepcopy(model, shared).eval()
    maps: dict[str, Tensor] = {}
    for name, module in twin.named_modules():
        if not any(True for _ in module.children()):
            module.register_forward_hook(
                lambda _, __, output, name=name: (
                    maps.update({name: output.clone()})
                    if isinstance(output, Tensor) and output.dim() > 1
                    else None
                )
            )
    with torch.inference_mode():
        twin(batch)
    return maps
