"""How a network of one layer adds up the evidence for a class, pixel by pixel."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnnviz.errors import CnnvizError
from cnnviz.models import Network


@dataclass(frozen=True)
class ClassEvidence:
    """z_k = Σ_i w_ki x_i + b_k, pixel by pixel; K classes.

    Attributes:
        weights: (K, H, W), those of grey images where their pixels are.
        products: (K, H, W), weight times the pixel as the network sees it (normalised).
        bias, logits: (K,).
    """

    weights: Tensor
    products: Tensor
    bias: Tensor
    logits: Tensor


def class_evidence(network: Network, image: Tensor) -> ClassEvidence:
    """Takes apart a network of one fully connected layer for one grey image (1, H, W).

    Raises:
        CnnvizError: the network has other layers that learn, or takes colour images.
    """
    layers = [module for module in network.modules() if isinstance(module, nn.Linear | nn.Conv2d)]
    if len(layers) != 1 or not isinstance(layers[0], nn.Linear) or network.plan.input_shape[0] != 1:
        raise CnnvizError(
            "Only a network of one fully connected layer on grey images can be taken apart like this. Choose the network 'linear'."
        )
    network.check_images(image.unsqueeze(0))
    weights = layers[0].weight.detach().unflatten(1, network.plan.input_shape)[:, 0]
    with torch.inference_mode():
        seen = network.get_submodule("normalise")(image)[0].clone()
    bias = layers[0].bias.detach()
    products = weights * seen
    return ClassEvidence(weights, products, bias, products.sum(dim=(1, 2)) + bias)
