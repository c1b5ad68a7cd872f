"""The registry of saliency methods: one entry a method; menus, words, tests and benchmarks are drawn from it.

Most run through Captum. Four stand here in own lines, because no kept library that works beside Captum has
them all: Grad-CAM++, LayerCAM, Score-CAM and RISE; and the draws of SmoothGrad, GradientSHAP, LIME and
    KernelSHAP, because Captum's come from
generators that all threads share.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from cnnviz.errors import CnnvizError
from cnnviz.inspection import Runner, once_a_network
from cnnviz.inspection.layer_types import ElementwiseRules
from cnnviz.saliency.question import BASELINES, Question
from cnnviz.words import say


@dataclass(frozen=True)
class Option:
    """A number (``low`` to ``high``) or one of several names (``names``) that a method asks for.

    Attributes:
        words: what it is.
    """

    name: str
    title: str
    usual: int | float | str
    low: float = 0
    high: float = 0
    names: tuple[str, ...] = ()
    words: str = ""


@dataclass(frozen=True)
class Method:
    """A way to say which pixels mattered.

    Attributes:
        formula: in LaTeX; S is the class's logit, x the image, A a layer's maps.
        cost: passes through the network.
        blind: what it does not see, or says wrongly.
        run: Question -> values (C, H, W) or (1, H, W), and their sum as the method counts it (``None``: the
            plain sum).
        options: what can be set.
        needs_layer: it looks at the maps of a layer, which a network without convolution does not have.
        complete: its values promise to add up to S(x) − S(baseline).
        signed: it tells for from against; otherwise no value is negative.
    """

    name: str
    title: str
    formula: str
    paper: str
    cost: str
    blind: str
    run: Callable[[Question], tuple[Tensor, float | None]]
    options: tuple[Option, ...] = ()
    needs_layer: bool = False
    complete: bool = False
    signed: bool = True
    gradient: bool = True


_BASELINE = Option(
    name="baseline",
    title="Baseline",
    usual="black",
    names=tuple(BASELINES),
    words="The image without content x′, from which the path to the image x begins: x′ + α·(x − x′).",
)
_SEED = Option(
    name="seed",
    title="Seed",
    usual=0,
    low=0,
    high=10**6,
    words="The number from which the random masks or noise are drawn. The same seed gives the same map.",
)
_PIECES = Option(
    name="pieces",
    title="Superpixels, about",
    usual=50,
    low=4,
    high=400,
    words="The image is cut into about so many pieces of similar colour, which are shown or hidden as a whole.",
)


def _gradient(question: Question) -> tuple[Tensor, None]:
    from captum.attr import Saliency

    return Saliency(question.forward(1)).attribute(question.image, target=question.target, abs=False)[0], None


def _input_x_gradient(question: Question) -> tuple[Tensor, None]:
    from captum.attr import InputXGradient

    return InputXGradient(question.forward(1)).attribute(question.image, target=question.target)[
        0
    ].detach(), None


def _guided_backprop(question: Question) -> tuple[Tensor, None]:
    from captum.attr import GuidedBackprop

    with question.module() as (network, _):
        _need_relu(question, "Guided backpropagation")
        return GuidedBackprop(network).attribute(question.image, target=question.target)[0], None


def _deconvolution(question: Question) -> tuple[Tensor, None]:
    from captum.attr import Deconvolution

    with question.module() as (network, _):
        _need_relu(question, "Deconvolution")
        return Deconvolution(network).attribute(question.image, target=question.target)[0], None


def _need_relu(question: Question, name: str) -> None:
    if not _has_relu(question.runner):
        raise CnnvizError(
            say(
                "{name} changes how ReLU passes gradients back, but this network has no ReLU. Choose Gradient or Integrated gradients.",
                name=name,
            )
        )


@once_a_network
def _has_relu(runner: Runner) -> bool:
    return any(isinstance(module, nn.ReLU) for module in runner.module.modules())


def _integrated_gradients(question: Question) -> tuple[Tensor, None]:
    from captum.attr import IntegratedGradients

    steps = int(question.options["steps"])
    # Up to its first nonlinear layer the network is affine: on the straight path its output moves on a
    # straight path too, and the gradients that arrive there may be averaged before they go back through it.
    # So these layers, a large share of the cost, run once and not at every step.
    folded = question.folded
    head, tail = folded.head, folded.tail
    image, empty = question.image, question.baseline
    maps = head(image)
    mean = IntegratedGradients(question.forward(steps, tail), multiply_by_inputs=False).attribute(
        maps.detach(),
        head(empty).detach(),
        question.target,
        n_steps=steps,
        internal_batch_size=question.batch_of(steps),
    )
    (gradient,) = torch.autograd.grad(maps, image, mean.to(maps.dtype))
    return ((image - empty) * gradient)[0].detach(), None


def _smooth_grad(question: Question) -> tuple[Tensor, None]:
    from captum.attr import Saliency

    samples, generator = int(question.options["samples"]), question.generator()
    spread = float(question.options["noise"]) * (question.image.max() - question.image.min()).item()
    saliency = Saliency(question.forward(samples))
    total = torch.zeros_like(question.image[0])
    for size in question.batches(samples):
        images = question.image.detach() + spread * question.noise(size, generator)
        total += saliency.attribute(images.requires_grad_(), target=question.target, abs=False).sum(0)
    return total / samples, None


def _gradient_shap(question: Question) -> tuple[Tensor, None]:
    from captum.attr import Saliency

    samples, generator = int(question.options["samples"]), question.generator()
    saliency, empty = Saliency(question.forward(samples)), question.baseline.detach()
    total = torch.zeros_like(question.image[0])
    for size in question.batches(samples):
        images = question.image.detach() + float(question.options["noise"]) * question.noise(size, generator)
        share = torch.rand(size, 1, 1, 1, generator=generator).to(images)
        between = (empty + share * (images - empty)).requires_grad_()
        total += ((images - empty) * saliency.attribute(between, target=question.target, abs=False)).sum(0)
    return total / samples, None


def _deep_lift(question: Question) -> tuple[Tensor, None]:
    from captum.attr import DeepLift

    with question.module(2) as (network, _):
        _let_rescale(question.runner)
        return DeepLift(network).attribute(question.image, question.baseline, target=question.target)[
            0
        ].detach(), None


@once_a_network
def _let_rescale(runner: Runner) -> None:
    """Captum's list of functions that take the rescale rule lacks some that work on each value."""
    from captum.attr._core.deep_lift import SUPPORTED_NON_LINEAR, nonlinear

    for call in runner.graph.calls.values():
        if call.module is not None and isinstance(call.rules, ElementwiseRules):
            SUPPORTED_NON_LINEAR.setdefault(type(call.module), nonlinear)


def _grad_cam(question: Question) -> tuple[Tensor, None]:
    from captum.attr import LayerGradCam

    with question.module() as (network, layer):
        found = LayerGradCam(network, layer).attribute(question.image.detach(), target=question.target)
    return question.upsampled(found.detach())[0], None


def _guided_grad_cam(question: Question) -> tuple[Tensor, None]:
    from captum.attr import GuidedGradCam

    with question.module(2) as (network, layer):
        _need_relu(question, "Guided Grad-CAM")
        found = GuidedGradCam(network, layer).attribute(
            question.image, target=question.target, interpolate_mode="bilinear"
        )
    return found[0].detach(), None


def _maps_and_gradients(question: Question) -> tuple[Tensor, Tensor]:
    """(1, N, h, w) of the layer, and the derivative of the logit with respect to them."""
    with torch.enable_grad():
        image = question.image.detach().requires_grad_()
        outputs = question.runner.outputs(image)
        maps, logits = outputs[question.layer], outputs[next(reversed(outputs))]
        (gradients,) = torch.autograd.grad(logits[0, question.target], maps)
    return maps.detach(), gradients


def _grad_cam_pp(question: Question) -> tuple[Tensor, None]:
    maps, gradients = _maps_and_gradients(question)
    squared = gradients.square()
    share = squared / (2 * squared + maps.sum((2, 3), keepdim=True) * gradients**3).where(
        squared > 0, torch.ones_like(squared)
    )
    weights = (share * gradients.relu()).sum((2, 3), keepdim=True)
    return question.upsampled((weights * maps).sum(1, keepdim=True).relu())[0], None


def _layer_cam(question: Question) -> tuple[Tensor, None]:
    maps, gradients = _maps_and_gradients(question)
    return question.upsampled((gradients.relu() * maps).sum(1, keepdim=True).relu())[0], None


def _score_cam(question: Question) -> tuple[Tensor, None]:
    with torch.inference_mode():
        maps = question.runner.outputs(question.image)[question.layer][0]
        strongest = maps.flatten(1).amax(1).argsort(descending=True)[: int(question.options["channels"])]
        forward = question.forward(len(strongest) + 1)
        base = forward(question.baseline).softmax(1)[0, question.target]
        scores, total = [], question.image.new_zeros(1, 1, *question.image.shape[-2:])
        for chosen in strongest.split(question.batch):
            masks = question.upsampled(maps[chosen].unsqueeze(1))
            low, high = masks.amin((2, 3), keepdim=True), masks.amax((2, 3), keepdim=True)
            masks = (masks - low) / (high - low).clamp_min(1e-8)
            scores.append(forward(question.image * masks).softmax(1)[:, question.target] - base)
        weights = torch.cat(scores).softmax(0)
        for chosen, weight in zip(
            strongest.split(question.batch), weights.split(question.batch), strict=True
        ):
            total += (question.upsampled(maps[chosen].unsqueeze(1)) * weight.view(-1, 1, 1, 1)).sum(
                0, keepdim=True
            )
        return total.relu()[0], None


def _rise(question: Question) -> tuple[Tensor, None]:
    count, keep, cells = (
        int(question.options["masks"]),
        float(question.options["keep"]),
        int(question.options["cells"]),
    )
    generator = question.generator()
    height, width = question.image.shape[-2:]
    # Each mask is a coarse random grid, enlarged by one cell and cut out with a random shift.
    tall, wide = -(-height // cells), -(-width // cells)
    forward = question.forward(count)
    total = question.image.new_zeros(1, height, width)
    with torch.inference_mode():
        for size in question.batches(count):
            grids = (torch.rand(size, 1, cells, cells, generator=generator) < keep).to(question.image)
            large = functional.interpolate(
                grids, ((cells + 1) * tall, (cells + 1) * wide), mode="bilinear", align_corners=False
            )
            tops, lefts = (torch.randint(n, (size,), generator=generator).tolist() for n in (tall, wide))
            masks = torch.stack(
                [
                    mask[:, t : t + height, x : x + width]
                    for mask, t, x in zip(large, tops, lefts, strict=True)
                ]
            )
            scores = forward(question.image * masks).softmax(1)[:, question.target]
            total += (scores.view(-1, 1, 1, 1) * masks).sum(0)
    return total / (count * keep), None


def _occlusion(question: Question) -> tuple[Tensor, None]:
    from captum.attr import Occlusion

    channels, height, width = question.image.shape[1:]
    window = int(question.options["window"]) or max(2, min(height, width) // 7)
    stride = int(question.options["stride"]) or max(1, window // 2)
    if window > min(height, width):
        raise CnnvizError(
            say(
                "A window of {window} pixels does not fit in a {height}×{width} image. Use {height2} or less.",
                window=window,
                height=height,
                width=width,
                height2=min(height, width),
            )
        )
    stride = min(stride, window)
    places = (-(-(height - window) // stride) + 1) * (-(-(width - window) // stride) + 1)
    with torch.inference_mode():
        return Occlusion(question.forward(places + 1)).attribute(
            question.image,
            (channels, window, window),
            (channels, stride, stride),
            question.baseline,
            question.target,
            perturbations_per_eval=question.batch,
        )[0], None


def _by_pieces(found: Tensor, pieces: Tensor) -> tuple[Tensor, float]:
    """All pixels of a piece have its value; the pieces add up to the total."""
    first = found.new_zeros(int(pieces.max()) + 1)
    first[pieces.flatten()] = found[0, 0].flatten().detach()
    return found[0, :1].detach(), first.sum().item()


def _coins(generator: torch.Generator) -> Callable[..., Tensor]:
    """Captum's draw for LIME, from a generator: (1, pieces), each piece stays with probability ½."""

    def draw(image: Tensor, **facts: Any) -> Tensor:
        return torch.bernoulli(torch.full((1, facts["num_interp_features"]), 0.5), generator=generator).to(
            image.device, torch.long
        )

    return draw


def _coalitions(generator: torch.Generator) -> Callable[..., Iterator[Tensor]]:
    """Captum's draws for KernelSHAP, from a generator: (1, pieces) each; all pieces, none, then k of them
    with the Shapley kernel's weight of k.
    """

    def draw(image: Tensor, **facts: Any) -> Iterator[Tensor]:
        pieces, sizes = facts["num_interp_features"], facts["num_select_distribution"].probs.cpu()
        yield torch.ones(1, pieces, device=image.device, dtype=torch.long)
        yield torch.zeros(1, pieces, device=image.device, dtype=torch.long)
        while True:
            size = int(torch.multinomial(sizes, 1, replacement=True, generator=generator))
            values = torch.randn(1, pieces, generator=generator)
            yield (values > values.kthvalue(pieces - size).values).to(image.device, torch.long)

    return draw


class _WeightedSum:
    """A linear model of scikit-learn as Captum asks for one; Captum's own begins with random weights and
    reads its samples in random order.
    """

    def __init__(self, model: Any) -> None:
        self._model = model

    def fit(self, samples: DataLoader[Any]) -> None:
        assert isinstance(samples.dataset, TensorDataset)
        inputs, outputs, weights = (one.cpu().numpy() for one in samples.dataset.tensors)
        self._model.fit(inputs, outputs, sample_weight=weights)

    def representation(self) -> Tensor:
        return torch.from_numpy(self._model.coef_)


def _lime(question: Question) -> tuple[Tensor, float]:
    from captum.attr import Lime
    from sklearn.linear_model import Lasso

    pieces, samples = question.superpixels(), int(question.options["samples"])
    explainer = Lime(
        question.forward(samples),
        _WeightedSum(Lasso(alpha=0.01, random_state=0)),
        perturb_func=_coins(question.generator()),
    )
    found = explainer.attribute(
        question.image,
        question.baseline,
        question.target,
        feature_mask=pieces,
        n_samples=samples,
        perturbations_per_eval=question.batch,
    )
    return _by_pieces(found, pieces)


def _kernel_shap(question: Question) -> tuple[Tensor, float]:
    from captum.attr import KernelShap
    from sklearn.linear_model import LinearRegression

    pieces, samples = question.superpixels(), int(question.options["samples"])
    explainer = KernelShap(question.forward(samples))
    explainer.interpretable_model = _WeightedSum(LinearRegression())
    explainer.perturb_func = _coalitions(question.generator())
    found = explainer.attribute(
        question.image,
        question.baseline,
        question.target,
        feature_mask=pieces,
        n_samples=samples,
        perturbations_per_eval=question.batch,
    )
    return _by_pieces(found, pieces)


def _feature_ablation(question: Question) -> tuple[Tensor, float]:
    from captum.attr import FeatureAblation

    pieces = question.superpixels()
    with torch.inference_mode():
        found = FeatureAblation(question.forward(int(pieces.max()) + 2)).attribute(
            question.image,
            question.baseline,
            question.target,
            feature_mask=pieces,
            perturbations_per_eval=question.batch,
        )
    return _by_pieces(found, pieces)


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            name="gradient",
            title="Gradient",
            formula=r"\frac{\partial S}{\partial x}",
            paper="Simonyan, Vedaldi and Zisserman, 2014",
            cost="1 forward, 1 backward",
            blind="How far a pixel already is from nothing: it tells which change would matter, not what mattered.",
            run=_gradient,
        ),
        Method(
            name="input_x_gradient",
            title="Input × gradient",
            formula=r"x \cdot \frac{\partial S}{\partial x}",
            paper="Shrikumar et al., 2016",
            cost="1 forward, 1 backward",
            blind="Black pixels: their product is 0 even where being black is the evidence.",
            run=_input_x_gradient,
        ),
        Method(
            name="guided_backprop",
            title="Guided backpropagation",
            formula=r"\frac{\partial S}{\partial x} \text{, with } R_l = [A_l > 0]\,[R_{l+1} > 0]\,R_{l+1} \text{ at each ReLU}",
            paper="Springenberg et al., Striving for simplicity, 2015",
            cost="1 forward, 1 backward",
            blind="The class and the upper layers: it redraws edges of the image, whatever the weights are (Adebayo et al., 2018).",
            run=_guided_backprop,
        ),
        Method(
            name="deconvolution",
            title="Deconvolution",
            formula=r"\frac{\partial S}{\partial x} \text{, with } R_l = [R_{l+1} > 0]\,R_{l+1} \text{ at each ReLU}",
            paper="Zeiler and Fergus, 2014",
            cost="1 forward, 1 backward",
            blind="Which units were active: ReLU's own switch is not used on the way back.",
            run=_deconvolution,
        ),
        Method(
            name="integrated_gradients",
            title="Integrated gradients",
            formula=r"(x - x_0) \int_0^1 \frac{\partial S}{\partial x}\big(x_0 + t\,(x - x_0)\big)\,dt",
            paper="Sundararajan, Taly and Yan, ICML 2017",
            cost="as many forwards and backwards as steps",
            blind="What looks like the baseline: with a black one, black pixels get 0.",
            run=_integrated_gradients,
            options=(
                Option(
                    name="steps",
                    title="Steps",
                    usual=50,
                    low=2,
                    high=300,
                    words="Points of the path at which the gradient is taken; their mean is the integral. More steps are more exact.",
                ),
                _BASELINE,
            ),
            complete=True,
        ),
        Method(
            name="smooth_grad",
            title="SmoothGrad",
            formula=r"\frac{1}{n}\sum_i \frac{\partial S}{\partial x}(x + \varepsilon_i)",
            paper="Smilkov et al., 2017",
            cost="as many forwards and backwards as samples",
            blind="The same as the gradient, only with less noise.",
            run=_smooth_grad,
            options=(
                Option(
                    name="samples",
                    title="Samples",
                    usual=20,
                    low=2,
                    high=200,
                    words="How many noisy copies of the image are asked; their maps are averaged.",
                ),
                Option(
                    name="noise",
                    title="Noise, share of the range",
                    usual=0.1,
                    low=0.01,
                    high=1.0,
                    words="Standard deviation σ of the noise that is added to each copy, as a share of the range of pixels.",
                ),
                _SEED,
            ),
        ),
        Method(
            name="grad_cam",
            title="Grad-CAM",
            formula=r"\sum_k \bar g_k A_k, \quad \bar g_k = \frac{1}{Z}\sum_{ij}\frac{\partial S}{\partial A_{kij}}",
            paper="Selvaraju et al., ICCV 2017",
            cost="1 forward, 1 backward to the layer",
            blind="Anything finer than the layer's grid, and several objects at different places of one map.",
            run=_grad_cam,
            needs_layer=True,
        ),
        Method(
            name="guided_grad_cam",
            title="Guided Grad-CAM",
            formula=r"[\text{Grad-CAM}]_+ \cdot \text{guided backpropagation}",
            paper="Selvaraju et al., ICCV 2017",
            cost="2 forwards, 2 backwards",
            blind="Like guided backpropagation: fine lines that are partly only edges.",
            run=_guided_grad_cam,
            needs_layer=True,
        ),
        Method(
            name="grad_cam_pp",
            title="Grad-CAM++",
            formula=r"\Big[\sum_k w_k A_k\Big]_+, \quad w_k = \sum_{ij} \alpha_{kij}\Big[\frac{\partial S}{\partial A_{kij}}\Big]_+",
            paper="Chattopadhay et al., WACV 2018",
            cost="1 forward, 1 backward to the layer",
            blind="Evidence against the class: negative gradients are thrown away.",
            run=_grad_cam_pp,
            needs_layer=True,
            signed=False,
        ),
        Method(
            name="layer_cam",
            title="LayerCAM",
            formula=r"\Big[\sum_k \Big[\frac{\partial S}{\partial A_k}\Big]_+ A_k\Big]_+",
            paper="Jiang et al., 2021",
            cost="1 forward, 1 backward to the layer",
            blind="Evidence against the class; noisy in early layers.",
            run=_layer_cam,
            needs_layer=True,
            signed=False,
        ),
        Method(
            name="score_cam",
            title="Score-CAM",
            formula=r"\Big[\sum_k \mathrm{softmax}_k\big(p(x \cdot \hat A_k) - p(x_0)\big) A_k\Big]_+",
            paper="Wang et al., 2020",
            cost="1 forward a channel",
            blind="Weak classes: with small probabilities all channels get the same weight.",
            run=_score_cam,
            options=(
                Option(
                    name="channels",
                    title="Strongest channels",
                    usual=128,
                    low=1,
                    high=2048,
                    words="How many of the layer’s maps are laid over the image, one after the other: each costs a run of the network.",
                ),
                _BASELINE,
            ),
            needs_layer=True,
            signed=False,
            gradient=False,
        ),
        Method(
            name="deep_lift",
            title="DeepLIFT",
            formula=r"\sum_i C_{\Delta x_i \Delta S} = \Delta S, \quad m = \frac{\Delta\phi}{\Delta z} \text{ at each unit}",
            paper="Shrikumar, Greenside and Kundaje, ICML 2017",
            cost="1 forward, 1 backward, of two images",
            blind="Products of two maps (gates): there its rule, and its sum, no longer hold.",
            run=_deep_lift,
            options=(_BASELINE,),
            complete=True,
        ),
        Method(
            name="gradient_shap",
            title="GradientSHAP",
            formula=r"E_{t,\varepsilon}\Big[(x + \varepsilon - x_0)\,\frac{\partial S}{\partial x}\Big]",
            paper="Lundberg and Lee, NeurIPS 2017",
            cost="as many forwards and backwards as samples",
            blind="It is an average of random draws: two seeds, two maps.",
            run=_gradient_shap,
            options=(
                Option(
                    name="samples",
                    title="Samples",
                    usual=50,
                    low=2,
                    high=500,
                    words="How many pairs of a noisy image and a point of its path are asked; their gradients are averaged.",
                ),
                Option(
                    name="noise",
                    title="Noise",
                    usual=0.05,
                    low=0.0,
                    high=1.0,
                    words="Standard deviation σ of the noise that is added to each copy, as a share of the range of pixels.",
                ),
                _BASELINE,
                _SEED,
            ),
            complete=True,
        ),
        Method(
            name="occlusion",
            title="Occlusion",
            formula=r"S(x) - S(x \text{ with the window covered})",
            paper="Zeiler and Fergus, 2014",
            cost="1 forward a place of the window",
            blind="What is there twice: cover one of two eyes, and the other is enough.",
            run=_occlusion,
            options=(
                Option(
                    name="window",
                    title="Window, pixels (0: a seventh)",
                    usual=0,
                    low=0,
                    high=112,
                    words="Side of the grey window that hides a part of the image: how far does the answer fall?",
                ),
                Option(
                    name="stride",
                    title="Stride (0: half the window)",
                    usual=0,
                    low=0,
                    high=112,
                    words="How many pixels the window moves; a smaller stride gives a finer map and takes longer.",
                ),
                _BASELINE,
            ),
            gradient=False,
        ),
        Method(
            name="feature_ablation",
            title="Ablation of superpixels",
            formula=r"S(x) - S(x \text{ without the piece})",
            paper="Merrick, 2019; superpixels: Achanta et al., 2012",
            cost="1 forward a piece",
            blind="What is there twice, and anything smaller than a piece.",
            run=_feature_ablation,
            options=(_PIECES, _BASELINE),
            gradient=False,
        ),
        Method(
            name="lime",
            title="LIME",
            formula=r"\min_w \sum_z \pi(z)\,\big(S(z) - w^T z\big)^2 + \lambda\,|w|_1",
            paper="Ribeiro, Singh and Guestrin, KDD 2016",
            cost="1 forward a sample",
            blind="Anything that is not a weighted sum of pieces; with few samples, two seeds give two maps.",
            run=_lime,
            options=(
                Option(
                    name="samples",
                    title="Samples",
                    usual=200,
                    low=20,
                    high=2000,
                    words="How many images with some pieces hidden are asked; a linear model is fitted to the answers.",
                ),
                _PIECES,
                _BASELINE,
                _SEED,
            ),
            gradient=False,
        ),
        Method(
            name="kernel_shap",
            title="KernelSHAP",
            formula=r"\phi_i = \sum_{Z \subseteq F \setminus i} \frac{|Z|!\,(|F|-|Z|-1)!}{|F|!}\big(S(Z \cup i) - S(Z)\big)",
            paper="Lundberg and Lee, NeurIPS 2017",
            cost="1 forward a sample",
            blind="Nothing in the limit; with few samples, two seeds give two maps.",
            run=_kernel_shap,
            options=(
                Option(
                    name="samples",
                    title="Samples",
                    usual=300,
                    low=20,
                    high=3000,
                    words="How many images with some pieces hidden are asked. More samples make the values less random.",
                ),
                _PIECES,
                _BASELINE,
                _SEED,
            ),
            complete=True,
            gradient=False,
        ),
        Method(
            name="rise",
            title="RISE",
            formula=r"\frac{1}{n\,p}\sum_i p(x \cdot M_i)\,M_i",
            paper="Petsiuk, Das and Saenko, BMVC 2018",
            cost="1 forward a mask",
            blind="Small things: a mask's cell is coarse. Where the probability never falls, all is equal.",
            run=_rise,
            options=(
                Option(
                    name="masks",
                    title="Masks",
                    usual=500,
                    low=50,
                    high=5000,
                    words="How many random masks are laid over the image; the map is their mean, weighted by the answers.",
                ),
                Option(
                    name="keep",
                    title="Share kept",
                    usual=0.5,
                    low=0.1,
                    high=0.9,
                    words="The probability with which a cell of a mask lets the image through.",
                ),
                Option(
                    name="cells",
                    title="Cells a side",
                    usual=7,
                    low=2,
                    high=16,
                    words="Each mask is a grid of so many cells a side, made smooth and as large as the image.",
                ),
                _SEED,
            ),
            signed=False,
            gradient=False,
        ),
    )
}
