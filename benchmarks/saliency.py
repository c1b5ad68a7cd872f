"""Each saliency method against Captum's default call on the same network and image; the results must agree.

Methods that Captum does not have are timed alone.
"""

import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from captum import attr
from torch import Tensor, nn
from torch.nn import functional

from benchmarks._app import percentile
from cnnviz.data import fit, load, photo
from cnnviz.saliency import METHODS, attribute
from cnnviz.saliency.question import superpixels
from cnnviz.training import open_run
from cnnviz.vision import torchvision

TARGET = 3
GOALS = {"integrated_gradients": 1.4, "occlusion": 1.4}


def captum_calls(model: nn.Module, x: Tensor, layer: nn.Module) -> dict[str, Callable[[], Tensor]]:
    """Captum as its documentation calls it, with the sizes that the method needs and its own defaults for all
    else.
    """
    side = x.shape[-1]
    window = max(2, side // 7)
    pieces = superpixels(x[0], 50)[None, None]
    modern: dict[str, Any] = {"target": TARGET}

    def enlarged(maps: Tensor) -> Tensor:
        return functional.interpolate(maps.detach(), x.shape[-2:], mode="bilinear")

    def noisy(make: Callable[[], Tensor]) -> Tensor:
        torch.manual_seed(0)
        np.random.seed(0)
        return make()

    return {
        "gradient": lambda: attr.Saliency(model).attribute(x, abs=False, **modern),
        "input_x_gradient": lambda: attr.InputXGradient(model).attribute(x, **modern),
        "guided_backprop": lambda: attr.GuidedBackprop(model).attribute(x, **modern),
        "deconvolution": lambda: attr.Deconvolution(model).attribute(x, **modern),
        "integrated_gradients": lambda: attr.IntegratedGradients(model).attribute(x, **modern),
        "smooth_grad": lambda: noisy(
            lambda: attr.NoiseTunnel(attr.Saliency(model)).attribute(
                x, nt_samples=20, stdevs=0.1 * (x.max() - x.min()).item(), abs=False, **modern
            )
        ),
        "grad_cam": lambda: enlarged(attr.LayerGradCam(model, layer).attribute(x, **modern)),
        "guided_grad_cam": lambda: attr.GuidedGradCam(model, layer).attribute(
            x, interpolate_mode="bilinear", **modern
        ),
        "deep_lift": lambda: attr.DeepLift(model).attribute(x, **modern),
        "gradient_shap": lambda: noisy(
            lambda: attr.GradientShap(model).attribute(
                x, torch.zeros_like(x), n_samples=50, stdevs=0.05, **modern
            )
        ),
        "occlusion": lambda: attr.Occlusion(model).attribute(
            x, (x.shape[1], window, window), (x.shape[1], window // 2, window // 2), **modern
        ),
        "feature_ablation": lambda: attr.FeatureAblation(model).attribute(x, feature_mask=pieces, **modern),
        "lime": lambda: noisy(
            lambda: attr.Lime(model).attribute(x, feature_mask=pieces, n_samples=200, **modern)
        ),
        "kernel_shap": lambda: noisy(
            lambda: attr.KernelShap(model).attribute(x, feature_mask=pieces, n_samples=300, **modern)
        ),
    }


def agreement(ours: Tensor, theirs: Tensor) -> str:
    """The largest difference as a share of the largest value; of methods that draw at random in other
    batches, the correlation.
    """
    difference = (ours - theirs).abs().max().item() / max(theirs.abs().max().item(), 1e-12)
    if difference < 2e-3:
        return f"equal within {difference:.0e}"
    return f"correlation {torch.corrcoef(torch.stack([ours.flatten(), theirs.flatten()]))[0, 1]:.4f}, largest difference {difference:.0e} of the largest value"


def compare(name: str, model: nn.Module, image: Tensor, layer: nn.Module, chosen: list[str]) -> None:
    model.eval()
    x = image.unsqueeze(0)
    theirs = captum_calls(model, x, layer)
    print(f"{name}")
    for method in chosen or METHODS:
        ours = partial(attribute, model, image, TARGET, method)
        started = time.perf_counter()
        found = ours()
        turns = (
            1
            if time.perf_counter() - started > 1
            else 4
            if time.perf_counter() - started > 0.1
            else 20
            if image.shape[-1] > 100
            else 300
        )
        if method not in theirs:
            seconds = percentile([ours().seconds for _ in range(turns)], 0.5)
            print(f"  {method:22} {seconds * 1000:8.1f} ms (not in Captum)")
            continue
        try:
            expected = theirs[method]()[0].detach().float().sum(0)
        except RuntimeError as error:
            seconds = percentile([ours().seconds for _ in range(turns)], 0.5)
            print(f"  {method:22} {seconds * 1000:8.1f} ms, Captum fails: {str(error)[:110]} …")
            continue
        if (
            found.values.shape[0] == 1
            and image.shape[0] > 1
            and METHODS[method].name in ("lime", "kernel_shap", "feature_ablation")
        ):
            expected = expected / image.shape[0]
        mine: list[float] = []
        captum: list[float] = []
        for turn in range(turns):
            both = ((ours, mine), (theirs[method], captum))
            for call, times in both if turn % 2 else reversed(both):
                started = time.perf_counter()
                call()
                times.append(time.perf_counter() - started)
        fast, slow = percentile(mine, 0.5), percentile(captum, 0.5)
        goal = f" (goal: {GOALS[method]})" if method in GOALS and image.shape[-1] > 100 else ""
        print(
            f"  {method:22} {fast * 1000:8.1f} ms, Captum {slow * 1000:8.1f} ms: {slow / fast:5.2f} times as fast{goal}; {agreement(found.map, expected)}"
        )


def main() -> None:
    warnings.filterwarnings("ignore")
    chosen = [name for name in sys.argv[1:] if name in METHODS]
    digits = open_run("example").network(624)
    compare(
        "the bundled run on a digit, 28 px",
        digits,
        load("mnist", "test", 8).floats()[7],
        digits.get_submodule("relu2"),
        chosen,
    )
    torch.manual_seed(0)
    resnet = torchvision().models.resnet18(weights=None)
    for module in resnet.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False  # Captum's hooks need it; ours do not
    compare("ResNet-18 at 224 px", resnet, fit(photo("chelsea"), (3, 224, 224)), resnet.layer4, chosen)


if __name__ == "__main__":
    main()
