"""What a network says about images."""

import torch
from torch import Tensor, nn


def probabilities(model: nn.Module, images: Tensor) -> Tensor:
    """Softmax of the logits, p_k = exp(z_k) / Σ_j exp(z_j), in evaluation mode; the model's mode is put back.

    Args:
        model: images in, (B, classes) logits out.
        images: (B, C, H, W) float in [0, 1].

    Returns:
        (B, classes) float32; each row adds up to 1.
    """
    training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            logits: Tensor = model(images)
            return logits.softmax(dim=1)
    finally:
        model.train(training)
