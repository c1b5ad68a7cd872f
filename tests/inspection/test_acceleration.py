"""The fast form of a network gives the numbers and gradients of the network."""

import inspect

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from cnnviz.inspection import accelerated, runner_of
from cnnviz.inspection.acceleration import Chain
from tests.properties import examples


def gradient(network: nn.Module, images: Tensor) -> Tensor:
    images = images.clone().requires_grad_()
    (found,) = torch.autograd.grad(network(images).square().sum(), images)
    return found


@examples(40)
@given(
    count=st.integers(1, 24),
    channels=st.sampled_from([1, 2, 3, 5, 16]),
    kernel=st.tuples(st.sampled_from([1, 3, 5]), st.sampled_from([1, 3, 5])),
    stride=st.integers(1, 3),
    padding=st.sampled_from([0, 1, 2, "same"]),
    dilation=st.integers(1, 2),
    mode=st.sampled_from(["zeros", "reflect"]),
    large=st.booleans(),
    bias=st.booleans(),
)
def test_outputs_and_gradients_are_torchs(
    count, channels, kernel, stride, padding, dilation, mode, large, bias
) -> None:
    torch.manual_seed(0)
    stride = 1 if padding == "same" else stride
    network = nn.Sequential(
        nn.Conv2d(channels, 6, kernel, stride, padding, dilation, bias=bias, padding_mode=mode),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.Conv2d(6, 4, 1, groups=2),
        nn.Tanh(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(16, 3),
    )
    network(torch.rand(30, channels, 14, 14))  # the batch norm gets its averages
    network.eval()
    images = torch.rand(count, channels, 14, 14)
    for fast in (
        accelerated(runner_of(network)).folded(large).network,
        accelerated(runner_of(network)).hookable(large=large)[0],
    ):
        torch.testing.assert_close(fast(images), network(images), atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(gradient(fast, images), gradient(network, images), atol=1e-5, rtol=1e-4)


def small() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Conv2d(4, 2, 3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(72, 3),
    ).eval()


def test_hooks_are_heard_where_they_were_set_and_nowhere_else() -> None:
    network = small()
    runner = runner_of(network)
    fast = accelerated(runner)
    hookable, relu = fast.hookable("2")
    assert isinstance(hookable, Chain)
    heard: list[Tensor] = []
    handle = relu.register_forward_hook(lambda _, __, output: heard.append(output))
    image = torch.rand(1, 1, 10, 10)
    hookable(image)
    torch.testing.assert_close(heard.pop(), network[:3](image))
    for other in (fast.folded().network, network, runner.module):
        other(image)
    assert not heard
    handle.remove()
    hookable(image)
    assert not heard


@pytest.mark.parametrize(
    "register",
    [
        "register_forward_pre_hook",
        "register_forward_hook",
        "register_full_backward_pre_hook",
        "register_full_backward_hook",
        "register_backward_hook",
    ],
)
@pytest.mark.parametrize(
    "options",
    [{}, {"with_kwargs": True}, {"always_call": True}, {"prepend": True}],
    ids=lambda options: next(iter(options), "plain"),
)
def test_each_kind_of_hook_is_heard_in_a_chain(register: str, options: dict[str, bool]) -> None:
    chain = Chain(small().named_children())
    add = getattr(chain.get_submodule("2"), register)
    if not set(options) <= set(inspect.signature(add).parameters):
        return
    heard: list[object] = []
    handle = add(lambda *_: heard.append(register), **options)
    gradient(chain, torch.rand(1, 1, 10, 10))
    assert heard == [register]
    handle.remove()
    gradient(chain, torch.rand(1, 1, 10, 10))
    assert heard == [register]


@pytest.mark.parametrize("layer", ["0", "1"])
def test_a_layer_that_folding_changes_is_hooked_in_the_network_as_it_is(layer: str) -> None:
    network = small()
    hookable, found = accelerated(runner_of(network)).hookable(layer)
    heard: list[Tensor] = []
    with_hook = found.register_forward_hook(lambda _, __, output: heard.append(output))
    image = torch.rand(1, 1, 10, 10)
    hookable(image)
    with_hook.remove()
    torch.testing.assert_close(heard[0], network[: int(layer) + 1](image))


def test_the_fast_form_follows_weights_that_change_move_or_are_replaced_and_asks_for_no_gradient() -> None:
    network = small()
    image = torch.rand(1, 1, 10, 10)

    def same() -> None:
        torch.testing.assert_close(
            accelerated(runner_of(network)).folded().network(image), network(image), atol=1e-5, rtol=1e-4
        )

    same()
    with torch.no_grad():
        network[6].weight.mul_(3)
    same()
    network[6].weight.data = torch.randn(3, 72)
    same()
    network[3].bias = nn.Parameter(torch.ones(2))
    same()
    network.load_state_dict(small().state_dict())
    same()
    assert not any(
        weight.requires_grad for weight in accelerated(runner_of(network)).folded().network.parameters()
    )
    assert all(weight.requires_grad for weight in network.parameters())


def test_a_network_with_branches_is_folded_too() -> None:
    class Branches(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.left, self.right, self.norm = nn.Conv2d(1, 3, 3), nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3)

        def forward(self, images: Tensor) -> Tensor:
            return (self.norm(self.left(images)) + self.right(images).relu()).mean((2, 3))

    network = Branches().eval()
    images = torch.rand(2, 1, 8, 8)
    fast = accelerated(runner_of(network)).folded().network
    assert not isinstance(fast, Chain)
    torch.testing.assert_close(fast(images), network(images), atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(gradient(fast, images), gradient(network, images), atol=1e-6, rtol=1e-5)
