"""Whoever draws has a generator of his own: the ones that all threads share stay as they are, and nobody
disturbs anybody.
"""

import random
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import sklearn.linear_model  # noqa: F401  # draws a number while it is imported
import torch
from captum import attr
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from cnnviz.data import load
from cnnviz.errors import CnnvizError
from cnnviz.features import layer_features, maximise, monte_carlo_dropout, project
from cnnviz.models import PRESETS, Conv, Flatten, Linear, Network, NetworkSpec, build, pretrained, summary
from cnnviz.models.pretrained import _read
from cnnviz.ops.activations import ACTIVATIONS
from cnnviz.random_numbers import drawing_from
from cnnviz.saliency import (
    METHODS,
    attribute,
    faithfulness,
    infidelity,
    known_answer_table,
    random_faithfulness,
    sanity_check,
    sensitivity,
)
from cnnviz.saliency.question import superpixels
from cnnviz.training import Trainer, TrainingSpec, open_run
from cnnviz.vision import torchvision
from tests.models.test_builder import chains

FEW = {
    "lime": {"samples": 60},
    "kernel_shap": {"samples": 80},
    "rise": {"masks": 60},
    "score_cam": {"channels": 16},
}
WIDE = torch.randn(700, 650, generator=torch.Generator().manual_seed(0))
DRAWING = [
    name for name, method in METHODS.items() if any(option.name == "seed" for option in method.options)
]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def network() -> nn.Module:
    return open_run("example").network(624).eval()


@pytest.fixture(scope="module")
def image() -> Tensor:
    return load("mnist", "test", 8).floats()[7]


def shared_state() -> tuple[Any, ...]:
    name, keys, *rest = np.random.get_state()
    return torch.get_rng_state().tolist(), name, keys.tolist(), rest, random.getstate()


def train(network: str) -> None:
    trainer = Trainer(TrainingSpec("mnist", network, limit=200, batch_size=100))
    trainer.step()
    trainer.restore(*trainer.state())
    trainer.record(validate=True)


def read_anew(name: str) -> None:
    _read.cache_clear()
    pretrained(name)


PUBLIC: dict[str, Callable[[nn.Module, Tensor], object]] = {
    **{
        f"attribute {name}": lambda net, x, name=name: attribute(net, x, 3, name, **FEW.get(name, {}))
        for name in METHODS
    },
    **{f"build {name}": lambda _, __, name=name: build(name, (1, 28, 28), 10, seed=3) for name in PRESETS},
    "pretrained": lambda _, __: read_anew("efficientnet_lite0"),
    "train with dropout": lambda _, __: train("mlp"),
    "train": lambda _, __: train("tiny"),
    "faithfulness": lambda net, x: faithfulness(net, x, x[0]),
    "random_faithfulness": lambda net, x: random_faithfulness(net, x),
    "infidelity": lambda net, x: infidelity(net, x, attribute(net, x, 3, "gradient")),
    "sensitivity": lambda net, x: sensitivity(net, x, attribute(net, x, 3, "smooth_grad")),
    "sanity_check": lambda net, x: sanity_check(net, x, 3, "gradient", seed=1),
    "known answers": lambda _, __: known_answer_table(["gradient"], images=1),
    "maximise": lambda net, __: maximise(net, "relu1", 2, (1, 28, 28), steps=3),
    "pca": lambda _, __: project(WIDE, "pca"),
    "tsne": lambda _, __: project(WIDE[:90, :60], "tsne"),
    "monte_carlo_dropout": lambda _, x: monte_carlo_dropout(build("mlp", (1, 28, 28), 10), x, 5),
    "layer_features": lambda net, x: layer_features(net, "relu1", x[None]),
    "patches": lambda _, __: load("patches"),
}


@pytest.mark.parametrize("name", list(PUBLIC))
def test_nothing_draws_from_the_generators_that_all_threads_share(
    name: str, network: nn.Module, image: Tensor
) -> None:
    before = shared_state()
    PUBLIC[name](network, image)
    assert shared_state() == before


def old_way(spec: NetworkSpec, shape: tuple[int, int, int], seed: int) -> Network:
    plan = summary(spec, shape, 10)
    neutral = (0.5,) * shape[0]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Network(spec, plan, neutral, neutral)


def assert_equal_to_the_bit(first: nn.Module, second: nn.Module) -> None:
    ours, theirs = first.state_dict(), second.state_dict()
    assert list(ours) == list(theirs)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize("name", list(PRESETS))
@pytest.mark.parametrize("seed", [0, 1, 2**31])
def test_the_weights_of_a_seed_are_those_of_torchs_manual_seed(name: str, seed: int) -> None:
    assert_equal_to_the_bit(build(name, (1, 28, 28), 10, seed), old_way(PRESETS[name], (1, 28, 28), seed))


def test_so_are_those_of_a_network_with_fixed_kernels_and_of_each_activation() -> None:
    fixed = (((1.0, 0.0, -1.0),) * 3,)
    for activation in ACTIVATIONS:
        before = (Conv(4, fixed=fixed), Conv(12, 3, groups=2))
        spec = NetworkSpec(
            (
                *before,
                *NetworkSpec.from_dict({"layers": [{"kind": "activation", "function": activation}]}).layers,
                Flatten(),
                Linear(),
            )
        )
        assert_equal_to_the_bit(build(spec, (2, 9, 9), 10, 5), old_way(spec, (2, 9, 9), 5))


@given(chains, st.integers(1, 3), st.integers(0, 2**40))
def test_so_are_those_of_any_network(layers: list[Any], channels: int, seed: int) -> None:
    spec = NetworkSpec((*layers, Flatten(), Linear()))
    try:
        summary(spec, (channels, 16, 16), 10)
    except CnnvizError:
        return
    assert_equal_to_the_bit(
        build(spec, (channels, 16, 16), 10, seed), old_way(spec, (channels, 16, 16), seed)
    )


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "squeezenet1_1", "convnext_tiny"])
def test_the_weights_of_any_module_are_drawn_from_the_generator(name: str) -> None:
    make = getattr(torchvision().models, name)
    before = torch.get_rng_state()
    with drawing_from(generator(4)):
        ours = make(weights=None)
    assert torch.equal(torch.get_rng_state(), before)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        assert_equal_to_the_bit(ours, make(weights=None))


@given(st.floats(0, 1), st.booleans(), st.booleans(), st.booleans())
def test_dropout_drops_what_torch_drops(p: float, training: bool, inplace: bool, channels_last: bool) -> None:
    module = nn.Dropout(p, inplace).train(training)
    values = torch.randn(3, 4, 5, 6, generator=generator())
    values = values.contiguous(memory_format=torch.channels_last) if channels_last else values
    with drawing_from(generator(9)):
        ours = [module(values.clone()) for _ in range(3)]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(9)
        theirs = [module(values.clone()) for _ in range(3)]
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


@pytest.fixture
def somebody_else_draws() -> Iterator[None]:
    """Another thread builds networks, and sets the shared generators, all the time."""
    ended, begun = threading.Event(), threading.Event()

    def work() -> None:
        number = 0
        while not ended.is_set():
            build("tiny", (1, 28, 28), 10, seed=number)
            torch.manual_seed(number)
            np.random.seed(number)
            number += 1
            begun.set()

    thread = threading.Thread(target=work)
    thread.start()
    begun.wait()
    yield
    ended.set()
    thread.join()


WORK: dict[str, Callable[[nn.Module, Tensor], Tensor]] = {
    **{
        name: lambda net, x, name=name: attribute(net, x, 3, name, **FEW.get(name, {})).values
        for name in DRAWING
    },
    "tsne": lambda _, __: project(WIDE[:90], "tsne"),
    "pca": lambda _, __: project(WIDE, "pca"),
    "dropout": lambda _, x: monte_carlo_dropout(build("mlp", (1, 28, 28), 10), x, 5),
    "sensitivity": lambda net, x: torch.tensor(sensitivity(net, x, attribute(net, x, 3, "smooth_grad"))),
}


@pytest.fixture(scope="module")
def alone(network: nn.Module, image: Tensor) -> dict[str, Tensor]:
    return {name: work(network, image) for name, work in WORK.items()}


@pytest.mark.parametrize("name", list(WORK))
@pytest.mark.usefixtures("somebody_else_draws")
def test_beside_somebody_who_builds_networks_the_numbers_are_the_same(
    name: str, alone: dict[str, Tensor], network: nn.Module, image: Tensor
) -> None:
    for _ in range(2):
        torch.testing.assert_close(WORK[name](network, image), alone[name], rtol=0, atol=0)


@pytest.mark.usefixtures("somebody_else_draws")
def test_beside_somebody_who_builds_networks_a_training_goes_the_same_way() -> None:
    def weights() -> list[Tensor]:
        trainer = Trainer(TrainingSpec("mnist", "mlp", limit=300, batch_size=50))
        for _ in range(4):
            trainer.step()
        return list(trainer.network.parameters())

    assert all(torch.equal(a, b) for a, b in zip(weights(), weights(), strict=True))


@pytest.mark.parametrize("method", DRAWING)
def test_the_seed_of_a_method_decides(method: str, network: nn.Module, image: Tensor) -> None:
    first, second, third = (
        attribute(network, image, 3, method, seed=seed, **FEW.get(method, {})).values for seed in (1, 1, 2)
    )
    assert torch.equal(first, second)
    assert not torch.equal(first, third)


@pytest.mark.parametrize(
    ("way", "features", "drawn"),
    [
        ("pca", WIDE, True),
        ("pca", WIDE[:80], False),
        ("tsne", WIDE[:80], True),
        ("tsne", WIDE[:80, :30], True),
    ],
    ids=["pca, wide", "pca", "t-SNE, wide", "t-SNE"],
)
def test_the_seed_of_a_layout_decides(way: str, features: Tensor, drawn: bool) -> None:
    first, second, third = (project(features, way, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first, second)
    assert torch.equal(first, third) is not drawn


# What Captum draws from the generators that all threads share is the reference.


def test_smooth_grad_is_captums_with_the_same_noise(network: nn.Module, image: Tensor) -> None:
    spread = 0.1 * (image.max() - image.min()).item()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        tunnel = attr.NoiseTunnel(attr.Saliency(network))
        theirs = tunnel.attribute(
            image[None], nt_type="smoothgrad", nt_samples=20, stdevs=spread, target=3, abs=False
        )
    torch.testing.assert_close(
        attribute(network, image, 3, "smooth_grad", seed=5).values, theirs[0], atol=2e-4, rtol=1e-3
    )


@pytest.mark.parametrize(("method", "explainer"), [("lime", attr.Lime), ("kernel_shap", attr.KernelShap)])
def test_the_pieces_weights_are_captums_with_the_same_draws(
    method: str, explainer: Any, network: nn.Module, image: Tensor
) -> None:
    pieces = superpixels(image, 50)[None, None]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        theirs = explainer(network).attribute(
            image[None],
            torch.zeros(1, 1, 28, 28),
            3,
            feature_mask=pieces,
            n_samples=80,
            perturbations_per_eval=40,
        )
    torch.testing.assert_close(
        attribute(network, image, 3, method, seed=5, samples=80).values, theirs[0], atol=1e-3, rtol=1e-3
    )


def test_gradient_shap_is_captums_with_the_same_draws(
    monkeypatch: pytest.MonkeyPatch, network: nn.Module, image: Tensor
) -> None:
    monkeypatch.setattr(np.random, "uniform", lambda _low, _high, count: torch.rand(count).numpy())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        theirs = attr.GradientShap(network).attribute(
            image[None], torch.zeros(1, 1, 28, 28), 50, stdevs=0.05, target=3
        )
    torch.testing.assert_close(
        attribute(network, image, 3, "gradient_shap", seed=5).values, theirs[0].detach(), atol=2e-4, rtol=1e-3
    )


@pytest.mark.parametrize("count", [2, 50])
def test_the_largest_directions_of_wide_features_are_those_of_torchs_search(count: int) -> None:
    from cnnviz.features.embedding import _largest_directions

    values = (WIDE * torch.linspace(3, 0.1, 650) ** 4).double()
    ours = _largest_directions(values, count, 4, generator(1))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        theirs = torch.pca_lowrank(values, count, center=False, niter=4)[2]
    assert torch.allclose(ours.T @ ours, torch.eye(count, dtype=torch.float64))
    torch.testing.assert_close(
        (ours.T @ theirs).abs(), torch.eye(count, dtype=torch.float64), atol=1e-6, rtol=0
    )
