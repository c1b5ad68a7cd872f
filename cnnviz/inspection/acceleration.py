"""The same network in a form that runs faster: batch norms folded in, weights that ask for no gradient,
layers called without detours, and cut after its first affine layers."""

import copy
import weakref
from collections.abc import Iterable
from dataclasses import dataclass
from inspect import Parameter, Signature
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from cnnviz.inspection.copies import twins
from cnnviz.inspection.rules import rules_of
from cnnviz.inspection.runner import Runner


@dataclass(frozen=True, eq=False)
class Folded:
    """A network with each batch norm that follows a convolution made part of it.

    Attributes:
        network: images in, logits out; nobody puts hooks on it, so everybody may call it.
        head: its layers before the first nonlinear one, which together are one affine function of the image.
        tail: the rest; ``tail(head(x))`` is ``network(x)``.
        hookable: the same once more, for hooks.
        changed: the places of layers whose output is no longer that of the layer in the network.
    """

    network: nn.Module
    head: nn.Module
    tail: nn.Module
    hookable: nn.Module
    changed: frozenset[str]


class Chain(nn.Module):
    """Layers one after another. A layer that nobody has hooked is called without the detour over hooks, a
    twentieth of a small network's pass.
    """

    # Captum asks for it at each call. Found out anew, it takes 60 µs, a tenth of a small network's pass.
    __signature__ = Signature([Parameter("images", Parameter.POSITIONAL_OR_KEYWORD)])

    def __init__(self, layers: Iterable[tuple[str, nn.Module]]) -> None:
        super().__init__()
        for name, layer in layers:
            self.add_module(name, layer)
        self._layers = tuple(self.children())

    def forward(self, images: Tensor) -> Tensor:
        for layer in self._layers:
            images = layer(images) if _hooked(layer) else layer.forward(images)
        return images


def _hooked(layer: nn.Module) -> bool:
    return bool(
        layer._forward_hooks or layer._forward_pre_hooks or layer._backward_hooks or layer._backward_pre_hooks
    )


class Acceleration:
    """The fast forms of a network that a runner runs. Get it from ``accelerated``."""

    def __init__(self, runner: Runner) -> None:
        self._runner = weakref.ref(runner)
        self._tensors = _tensors(runner.module)
        self._folded: dict[bool, tuple[list[tuple[int, int]], Folded]] = {}

    @property
    def runner(self) -> Runner:
        runner = self._runner()
        assert runner is not None
        return runner

    def folded(self, large: bool = False) -> Folded:
        """The same function in its fastest form, each batch norm folded into its convolution; kept until the
        weights change.

        Args:
            large: for large images, with weights in the memory order that is the fastest for them (channels
                last).
        """
        runner = self.runner
        with runner.lock:
            versions = [_version(tensors[name]) for tensors, name in self._tensors]
            known = self._folded.get(large)
            if known is None or known[0] != versions:
                self._folded[large] = known = versions, fold(runner.module, large)
            return known[1]

    def hookable(self, layer: str = "", large: bool = False) -> tuple[nn.Module, nn.Module]:
        """The network and one layer of it (the network itself if not named), to be hooked under the runner's
        ``lock``.

        Folded where that leaves the layer as it is.

        Raises:
            CnnvizError: there is no such layer, or it is a bare function.
        """
        runner = self.runner
        place = runner.graph.place(layer) if layer else ""
        folded = self.folded(large)
        network = runner.module if place in folded.changed else folded.hookable
        return network, network.get_submodule(place)


_accelerations: "weakref.WeakKeyDictionary[Runner, Acceleration]" = weakref.WeakKeyDictionary()


def accelerated(runner: Runner) -> Acceleration:
    """The fast forms of a network, made once for each runner."""
    with runner.lock:
        found = _accelerations.get(runner)
        if found is None:
            found = _accelerations[runner] = Acceleration(runner)
        return found


def _tensors(module: nn.Module) -> list[tuple[dict[str, Any], str]]:
    """Where a module keeps its weights and buffers: looking there is ten times as fast as asking the module
    for them.
    """
    places = (tensors for part in module.modules() for tensors in (part._parameters, part._buffers))
    return [(tensors, name) for tensors in places for name, value in tensors.items() if value is not None]


def _version(tensor: Tensor) -> tuple[int, int]:
    return tensor.data_ptr(), 0 if tensor.is_inference() else tensor._version


def fold(module: fx.GraphModule, channels_last: bool) -> Folded:
    """Batch norms folded in; with ``channels_last``, weights in the memory order that is the fastest on a CPU
    for large images.
    """
    graph = fx.Graph()
    copied: dict[fx.Node, fx.Node] = {}
    result = graph.graph_copy(module.graph, copied)
    graph.output(result)
    body = frozen(twins(module))
    changed: set[str] = set()
    for node in list(graph.nodes):
        source = node.args[0] if node.args else None
        if (
            node.op != "call_module"
            or not isinstance(source, fx.Node)
            or source.op != "call_module"
            or len(source.users) > 1
        ):
            continue
        convolution, norm = body.get_submodule(str(source.target)), body.get_submodule(str(node.target))
        if type(convolution) is nn.Conv2d and type(norm) is nn.BatchNorm2d and norm.running_mean is not None:
            with torch.no_grad():
                joined = fuse_conv_bn_eval(convolution, norm)
            body.add_module(str(source.target), joined.requires_grad_(False))
            changed |= {str(source.target), str(node.target)}
            node.replace_all_uses_with(source)
            graph.erase_node(node)
    for node in graph.nodes:
        layer = body.get_submodule(str(node.target)) if node.op == "call_module" else None
        if type(layer) is nn.Conv2d:
            body.add_module(
                str(node.target), _channels_last(layer) if channels_last else _for_small_images(layer)
            )
    whole = fx.GraphModule(body, graph)
    head, tail = split_affine(whole)
    return Folded(
        straight(whole),
        straight(head),
        straight(tail),
        straight(fx.GraphModule(frozen(twins(whole)), graph)),
        frozenset(changed),
    )


def straight(network: fx.GraphModule) -> nn.Module:
    """The network as a ``Chain``, where each layer takes only what the one before it gave; else itself."""
    nodes = list(network.graph.nodes)
    before, layers = nodes[0], nodes[1:-1]
    for node in (*layers, nodes[-1]):
        if node.args != (before,) or node.kwargs or (node.op != "call_module" and node is not nodes[-1]):
            return network
        before = node
    if len({node.target for node in layers}) < len(layers):
        return network
    return Chain((str(node.target), network.get_submodule(str(node.target))) for node in layers)


def frozen(module: nn.Module) -> nn.Module:
    """Makes the weights of private modules share the network's numbers and nothing else: autograd does not
    prepare for a gradient nobody asks for.
    """
    for part in module.modules():
        part._parameters = {
            name: None if value is None else nn.Parameter(value.detach(), False)
            for name, value in part._parameters.items()
        }
    return module


def split_affine(whole: fx.GraphModule) -> tuple[fx.GraphModule, fx.GraphModule]:
    """Cut behind the layers that stand in one line before the first nonlinear one."""
    nodes = list(whole.graph.nodes)
    last = nodes[0]
    for node in nodes[1:]:
        module = whole.get_submodule(str(node.target)) if node.op == "call_module" else None
        affine = module is not None and rules_of(module).affine(module)
        if not affine or node.all_input_nodes != [last] or list(last.users) != [node]:
            break
        last = node
    head, tail = fx.Graph(), fx.Graph()
    before: dict[fx.Node, fx.Node] = {}
    for node in nodes[: nodes.index(last) + 1]:
        before[node] = head.node_copy(node, before.__getitem__)
    head.output(before[last])
    after = {last: tail.placeholder("maps")}
    for node in nodes[nodes.index(last) + 1 :]:
        after[node] = tail.node_copy(node, after.__getitem__)
    return fx.GraphModule(whole, head), fx.GraphModule(whole, tail)


def _channels_last(convolution: nn.Conv2d) -> nn.Conv2d:
    """Its own copy with weights in the memory order channels last; where it works, its output has that order
    too.
    """
    twin = copy.copy(convolution)
    weight = convolution.weight.detach().contiguous(memory_format=torch.channels_last)
    twin._parameters = {**convolution._parameters, "weight": nn.Parameter(weight, False)}
    return twin


class _MatrixConv2d(nn.Conv2d):
    """A convolution as one product of matrices where that is the fastest: for few small images, or few
    channels on the way back.

    torch takes oneDNN for all but the tiniest convolutions. For one 28×28 digit that takes two to five times
    as long as unfolding the image (both ways measured for 1 to 64 channels and batches of 1 to 200, on one
    and on two threads); results agree to the last bits of float32.
    """

    @classmethod
    def of(cls, convolution: nn.Conv2d) -> "_MatrixConv2d":
        """The same convolution, with the same weights."""
        rows, cols = convolution.kernel_size
        twin = cls(convolution.in_channels, convolution.out_channels, (rows, cols), device="meta")
        twin.stride, twin.padding = convolution.stride, convolution.padding
        twin._parameters = convolution._parameters
        return twin.eval()

    def _conv_forward(self, images: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        count, channels = images.shape[:2]
        if images.dim() == 4 and (count * channels <= 20 or (channels <= 3 and images.requires_grad)):
            answer: Tensor = torch.ops.aten.thnn_conv2d.default(
                images, weight, self.kernel_size, bias, self.stride, self.padding
            )
            return answer
        return super()._conv_forward(images, weight, bias)


def _for_small_images(convolution: nn.Conv2d) -> nn.Conv2d:
    plain = (
        convolution.groups == 1 and set(convolution.dilation) == {1} and convolution.padding_mode == "zeros"
    )
    weight = convolution.weight
    if (
        not plain
        or _hooked(convolution)
        or isinstance(convolution.padding, str)
        or weight.device.type != "cpu"
        or weight.dtype not in (torch.float32, torch.float64)
    ):
        return convolution
    return _MatrixConv2d.of(convolution)
