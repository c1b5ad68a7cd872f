"""OctConv-ResNet-50 against ResNet-50: the share of the multiply-adds by arithmetic, and of the time as
measured.
"""

import torch

from benchmarks.feature_maps import side_by_side
from cnnviz.models import ARCHITECTURES
from cnnviz.models.architectures.deep import octave_resnet50
from cnnviz.process_memory import keep_freed_memory

ALPHAS = (0.25, 0.5)
PUBLISHED = {0.25: 3.123, 0.5: 2.353}
"""Billions of multiply-adds in the paper's table 3; ResNet-50 there has 4.105."""
BATCH = 4


def main() -> None:
    keep_freed_memory()
    plain = ARCHITECTURES["resnet50"]
    images, network = torch.rand(BATCH, 3, 224, 224), plain.build().eval()

    def run(model: torch.nn.Module) -> None:
        with torch.inference_mode():
            model(images)

    for alpha in ALPHAS:
        entry = octave_resnet50(alpha)
        octave = entry.build().eval()
        theory = entry.summary().multiply_adds / plain.summary().multiply_adds
        run(octave)
        seconds, plain_seconds = side_by_side(
            lambda octave=octave: run(octave),  # type: ignore[misc]
            lambda: run(network),
            7,
            1,
        )
        print(
            f"α = {alpha}: {theory:.3f} of the multiply-adds (paper {PUBLISHED[alpha] / 4.105:.3f}), "
            f"{seconds / plain_seconds:.3f} of the time of ResNet-50 ({seconds * 1000 / BATCH:.0f} of {plain_seconds * 1000 / BATCH:.0f} ms an image)"
        )


if __name__ == "__main__":
    main()
