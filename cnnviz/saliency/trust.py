"""How far to trust a saliency map: four measurements, each with its floor or its promise beside it."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from scipy.stats import spearmanr
from skimage.metrics import structural_similarity
from torch import Tensor, nn

from cnnviz.errors import CnnvizError
from cnnviz.expressions import Expression, script
from cnnviz.inspection import accelerated, as_batch, graph_of, runner_of
from cnnviz.saliency.attribution import Attribution, attribute, check_target
from cnnviz.saliency.methods import METHODS
from cnnviz.saliency.question import MOST_AT_ONCE, PIXELS_AT_ONCE, Progress, baseline, blurred, is_large
from cnnviz.words import say

STEPS = 32


@dataclass(frozen=True)
class Faithfulness:
    """The class's probability while pixels go or come, the most salient ones first.

    Attributes:
        shares: of the pixels, 0 to 1.
        deletion: probability with that share of pixels set to the baseline; should fall fast.
        insertion: probability with only that share of pixels on a blurred image; should rise fast.
    """

    shares: tuple[float, ...]
    deletion: tuple[float, ...]
    insertion: tuple[float, ...]

    @property
    def deletion_area(self) -> float:
        """Area under the deletion curve, 0 to 1; lower is better."""
        return _area(self.shares, self.deletion)

    @property
    def insertion_area(self) -> float:
        """Area under the insertion curve, 0 to 1; higher is better."""
        return _area(self.shares, self.insertion)


def _area(shares: Sequence[float], values: Sequence[float]) -> float:
    return torch.trapezoid(
        torch.tensor(values, dtype=torch.float64), torch.tensor(shares, dtype=torch.float64)
    ).item()


def faithfulness(
    model: nn.Module,
    image: Tensor,
    saliency: Tensor,
    target: int | None = None,
    *,
    steps: int = STEPS,
    removed: str = "black",
    progress: Progress | None = None,
) -> Faithfulness:
    """Deletion and insertion curves of a saliency map.

    Args:
        image: (C, H, W).
        saliency: (H, W); pixels go in the order of its values, the largest first.
        steps: points of the curves.
        removed: what a deleted pixel becomes, a key of ``BASELINES``.

    Raises:
        CnnvizError: the map does not have the image's size.

    Source: Petsiuk, Das and Saenko, "RISE", BMVC 2018; Samek et al., 2017.
    """
    batch = as_batch(model, image)
    runner = runner_of(model)
    batch = batch.to(runner.device)
    if saliency.shape != batch.shape[-2:]:
        raise CnnvizError(
            say(
                "The map is {str}, but the image is {str2}. Resize the map first.",
                str="×".join(map(str, saliency.shape)),
                str2="×".join(map(str, batch.shape[-2:])),
            )
        )
    target = check_target(runner, batch, target)
    order = saliency.to(runner.device).flatten().argsort(descending=True, stable=True)
    rank = order.argsort().view(1, 1, *saliency.shape)
    counts = torch.linspace(0, saliency.numel(), steps + 1, device=runner.device).round().long()
    network, empty, soft = (
        accelerated(runner).folded(is_large(batch)).network,
        baseline(batch, removed),
        blurred(batch),
    )
    at_once = max(1, min(MOST_AT_ONCE, PIXELS_AT_ONCE // batch[0].numel()))
    curves = []
    with torch.inference_mode():
        for part, (inside, outside) in enumerate(((empty, batch), (batch, soft))):
            found: list[float] = []
            for some in counts.split(at_once):
                if progress:
                    progress((part * len(counts) + len(found)) / (2 * len(counts)))
                chosen = rank < some.view(-1, 1, 1, 1)
                found += network(torch.where(chosen, inside, outside)).softmax(1)[:, target].tolist()
            curves.append(tuple(found))
    return Faithfulness(tuple((counts / saliency.numel()).tolist()), *curves)


def random_faithfulness(
    model: nn.Module,
    image: Tensor,
    target: int | None = None,
    *,
    draws: int = 3,
    seed: int = 0,
    steps: int = STEPS,
    progress: Progress | None = None,
) -> Faithfulness:
    """The floor: the mean curves of maps of random numbers."""
    generator = torch.Generator().manual_seed(seed)
    found = []
    for draw in range(draws):
        if progress:
            progress(draw / draws)
        found.append(
            faithfulness(model, image, torch.rand(image.shape[-2:], generator=generator), target, steps=steps)
        )
    mean = [
        tuple(torch.tensor([getattr(one, name) for one in found]).mean(0).tolist())
        for name in ("deletion", "insertion")
    ]
    return Faithfulness(found[0].shares, mean[0], mean[1])


def infidelity(
    model: nn.Module,
    image: Tensor,
    attribution: Attribution,
    *,
    samples: int = 60,
    noise: float = 0.1,
    seed: int = 0,
) -> float:
    r"""How badly the map predicts what small changes of the image do to the logit; 0 is best. Scaled, so that
    the map's unit does not matter.

    .. math:: E_I\big[(I^T \phi - (S(x) - S(x - I)))^2\big]

    Source: Yeh et al., "On the (in)fidelity and sensitivity of explanations", NeurIPS 2019, through
        captum.metrics.
    """
    from captum.metrics import infidelity as measure

    runner = runner_of(model)
    batch = as_batch(model, image).to(runner.device)
    values = attribution.values.expand(batch.shape[1], -1, -1) / (batch.shape[1] / len(attribution.values))

    generator = torch.Generator().manual_seed(seed)

    def perturb(inputs: Tensor) -> tuple[Tensor, Tensor]:
        change = noise * torch.randn(inputs.shape, generator=generator).to(inputs)
        return change, inputs - change

    at_once = max(1, min(MOST_AT_ONCE, samples, PIXELS_AT_ONCE // batch[0].numel()))
    with torch.no_grad():
        result = measure(
            accelerated(runner).folded(is_large(batch)).network,
            perturb,
            batch,
            values.unsqueeze(0).to(batch),
            target=attribution.target,
            n_perturb_samples=samples,
            max_examples_per_batch=at_once,
            normalize=True,
        )
    return result.item()


def sensitivity(
    model: nn.Module,
    image: Tensor,
    attribution: Attribution,
    *,
    samples: int = 5,
    radius: float = 0.02,
    seed: int = 0,
    progress: Progress | None = None,
) -> float:
    """The largest relative change of the map when the image changes by at most ``radius`` a value; 0 is best.

    Source: Yeh et al., NeurIPS 2019, through captum.metrics.
    """
    from captum.metrics import sensitivity_max

    batch = as_batch(model, image)
    done = 0

    def explain(inputs: Tensor | tuple[Tensor, ...]) -> tuple[Tensor]:
        # In a tuple: Captum 0.9 would take the rows of a bare tensor for several inputs.
        nonlocal done
        found = []
        for one in inputs[0] if isinstance(inputs, tuple) else inputs:
            if progress:
                progress(min(1.0, done / (samples + 1)))
            done += 1
            again = attribute(
                model,
                one,
                attribution.target,
                attribution.method,
                attribution.layer or None,
                **attribution.options,
            )
            found.append(again.values)
        return (torch.stack(found),)

    generator = torch.Generator().manual_seed(seed)

    def moved(inputs: Tensor, most: float) -> Tensor:
        return inputs + torch.empty(inputs.shape).uniform_(-most, most, generator=generator).to(inputs)

    return sensitivity_max(explain, batch, moved, perturb_radius=radius, n_perturb_samples=samples).item()


@dataclass(frozen=True)
class Completeness:
    """``total``: what the method's values add up to; ``difference``: S(x) − S(baseline), which it promises to
    be.
    """

    total: float
    difference: float

    @property
    def error(self) -> float:
        """Relative to the difference."""
        return abs(self.total - self.difference) / max(abs(self.difference), 1e-8)


def completeness(model: nn.Module, image: Tensor, attribution: Attribution) -> Completeness | None:
    """The sum of the map against the difference of the outputs; ``None`` for methods that do not promise
    it.
    """
    if not METHODS[attribution.method].complete:
        return None
    runner = runner_of(model)
    batch = as_batch(model, image).to(runner.device)
    empty = baseline(batch, str(attribution.options["baseline"]))
    logits = runner.logits(torch.cat([batch, empty]))[:, attribution.target].tolist()
    return Completeness(attribution.total, logits[0] - logits[1])


PASSES_BELOW = 0.5


@dataclass(frozen=True)
class SanityCheck:
    """What is left of a map when the network forgets, layer by layer, from its answer back to the image.

    Attributes:
        layers: randomised so far, down to this one; the first entry is "none".
        similarities: rank correlation of the sizes of the map's values with those of the first map; 1 at
            first.
        structures: structural similarity (SSIM) of the same maps.
        maps: (H, W) each.
    """

    method: str
    layers: tuple[str, ...]
    similarities: tuple[float, ...]
    structures: tuple[float, ...]
    maps: tuple[Tensor, ...]

    @property
    def passes(self) -> bool:
        """The map of a network of random weights is another one; if not, it shows the image and not the
        network.
        """
        return self.similarities[-1] < PASSES_BELOW


def sanity_check(
    model: nn.Module,
    image: Tensor,
    target: int | None = None,
    method: str = "grad_cam",
    layer: str | None = None,
    *,
    stages: int = 6,
    seed: int = 0,
    progress: Progress | None = None,
    **options: Any,
) -> SanityCheck:
    """Randomises a copy of the network from the top down, and compares the maps.

    The weights of a layer are shuffled, so that their distribution, and with it the scale of the maps, stays.

    Args:
        stages: networks between the whole and the all-random one; layers are put together to that many.

    Source: Adebayo et al., "Sanity checks for saliency maps", NeurIPS 2018.
    """
    first = attribute(model, image, target, method, layer, **options)
    twin = copy.deepcopy(model).eval()
    weighted = [
        name
        for name, module in twin.named_modules()
        if any(p.numel() > 1 for p in module.parameters(recurse=False)) or hasattr(module, "parametrizations")
    ]
    order = list(reversed(_in_order(twin, weighted)))
    groups = [list(part) for part in _parts(order, min(stages, len(order)))]
    generator = torch.Generator().manual_seed(seed)
    layers, maps = ["none"], [first.map]
    for index, group in enumerate(groups):
        if progress:
            progress(index / len(groups))
        for name in group:
            _shuffle(twin.get_submodule(name), generator)
        layers.append(group[-1].removeprefix("body."))
        maps.append(attribute(twin, image, first.target, method, first.layer or None, **options).map)
    similarities = tuple(_rank_similarity(first.map, one) for one in maps)
    structures = tuple(_structure(first.map, one) for one in maps)
    return SanityCheck(method, tuple(layers), similarities, structures, tuple(maps))


def _in_order(model: nn.Module, names: list[str]) -> list[str]:
    """Module names in the order of computation; modules of the definition that do not run are left out."""
    place = {name: index for index, name in enumerate(graph_of(model).calls)}
    known = {name: place[name.removeprefix("body.")] for name in names if name.removeprefix("body.") in place}
    return sorted(known, key=known.__getitem__)


def _parts(names: list[str], count: int) -> list[list[str]]:
    edges = [round(i * len(names) / count) for i in range(count + 1)]
    return [names[a:b] for a, b in pairwise(edges)]


def _shuffle(module: nn.Module, generator: torch.Generator) -> None:
    with torch.no_grad():
        for parameter in module.parameters():
            flat = parameter.flatten()
            parameter.copy_(
                flat[torch.randperm(flat.numel(), generator=generator).to(flat.device)].view_as(parameter)
            )


def _rank_similarity(first: Tensor, second: Tensor) -> float:
    return rank_correlation(first.abs(), second.abs())


def rank_correlation(first: Tensor, second: Tensor) -> float:
    """Spearman's correlation of two maps: 1 if they put the pixels in the same order; 0 where one of them is
    the same everywhere.
    """
    if first.max() == first.min() or second.max() == second.min():
        return 0.0
    return float(spearmanr(first.flatten().numpy(), second.flatten().numpy()).statistic)


def _structure(first: Tensor, second: Tensor) -> float:
    a, b = ((one.abs() / one.abs().max().clamp_min(1e-12)).numpy() for one in (first, second))
    window = min(7, *(n - 1 + n % 2 for n in a.shape))
    return float(structural_similarity(a, b, data_range=1.0, win_size=window))


def saliency_code(
    network: Expression,
    image: Expression,
    shape: tuple[int, int, int],
    method: str,
    target: int,
    layer: str | None,
    options: dict[str, object],
) -> str:
    """One map, and its deletion and insertion areas."""
    rest = ("" if layer is None else f", layer={layer!r}") + "".join(
        f", {name}={value!r}" for name, value in options.items()
    )
    return script(
        f"""\
network = {network}
image = fit({image}, {shape})

found = attribute(network, image, {target}, "{method}"{rest})
curves = faithfulness(network, image, found.map, found.target)
print(found)
print(f"deletion {{curves.deletion_area:.3f}}, insertion {{curves.insertion_area:.3f}}")
""",
        network,
        image,
        attribute="cnnviz.saliency",
        faithfulness="cnnviz.saliency",
        fit="cnnviz.data",
    )
