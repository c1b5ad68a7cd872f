"""One image through every architecture as we build it, against the same layers in bare torch: the code that
the app shows, run without cnnviz.
"""

import gc

import torch
from torch import nn

from benchmarks.feature_maps import side_by_side
from cnnviz.models import ARCHITECTURES, Network, code, load_in_order
from cnnviz.process_memory import keep_freed_memory

GOAL = 1.1
TURNS = 9


def in_bare_torch(network: Network) -> nn.Module:
    """The same layers with the same weights, after the same normalisation."""
    names: dict[str, object] = {"torch": torch, "nn": nn}
    if network.plan.is_chain:
        if "connect(" in code(network):
            exec("from cnnviz.models import connect", names)
        body = eval(code(network), names)
    else:
        exec(code(network), names)
        body = names["network"]
    assert isinstance(body, nn.Module)
    load_in_order(body, {name: value for name, value in network.state_dict().items() if _learned(name)})
    return body.eval()


def _learned(name: str) -> bool:
    return not name.startswith("normalise.") and not name.endswith(".connected")


def main() -> None:
    keep_freed_memory()
    for name, entry in ARCHITECTURES.items():
        network = entry.build().eval()
        bare, normalise = in_bare_torch(network), network.get_submodule("normalise")
        images = torch.rand(1, *entry.input_shape)
        mean, std = normalise.mean, normalise.std

        def ours(network: nn.Module = network, images: torch.Tensor = images) -> None:
            with torch.inference_mode():
                network(images)

        def plain(
            bare: nn.Module = bare,
            images: torch.Tensor = images,
            mean: torch.Tensor = mean,  # type: ignore[assignment]
            std: torch.Tensor = std,  # type: ignore[assignment]
        ) -> None:
            with torch.inference_mode():
                bare((images - mean) / std)

        each = 200 if entry.input_shape[1] < 64 else 3
        ours()
        plain()
        our_seconds, bare_seconds = side_by_side(ours, plain, TURNS, each)
        print(
            f"{name:20} bare {bare_seconds * 1000:8.2f} ms, ours {our_seconds * 1000:8.2f} ms: "
            f"{our_seconds / bare_seconds:.2f} times (goal: {GOAL})",
            flush=True,
        )
        del network, bare
        gc.collect()


if __name__ == "__main__":
    main()
