"""The answer of every layer to one image."""

import torch
from torch import Tensor, nn

from cnnviz.errors import CnnvizError
from cnnviz.models import Network


def feature_maps(model: nn.Module, image: Tensor) -> dict[str, Tensor]:
    """All layers' outputs for one image, in the order of computation.

    The model is not changed: it is run layer by layer in evaluation mode, without hooks, and its mode is put back.

    Args:
        model: a chain of named layers (``nn.Sequential``), as ``build`` and ``Run.network`` return it.
        image: (C, H, W) or (1, C, H, W) float in [0, 1].

    Returns:
        layer name -> (C, H, W) float32; vectors, after flattening, as (units, 1, 1).

    Raises:
        CnnvizError: the model is no chain, or the image does not have the network's shape.
    """
    if not isinstance(model, nn.Sequential):
        raise CnnvizError("Feature maps are read from a chain of layers (nn.Sequential). Build the network with cnnviz.models.build.")
    batch = image if image.dim() == 4 else image.unsqueeze(0)
    if isinstance(model, Network):
        model.check_images(batch)
    training = model.training
    model.eval()
    maps: dict[str, Tensor] = {}
    try:
        with torch.inference_mode():
            values = batch
            for name, layer in model.named_children():
                values = layer(values)
                # An in-place layer would change the stored map of the layer before it.
                maps[name] = values[0].clone().view(-1, 1, 1) if values.dim() == 2 else values[0].clone()
    finally:
        model.train(training)
    return maps
