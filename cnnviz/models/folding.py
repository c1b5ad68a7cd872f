"""The same network in a form that runs faster many times in a row: batch norms folded in, and cut after its first affine layers."""

import copy

import torch
from torch import Tensor, fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from cnnviz.models.network import Normalise
from cnnviz.models.private import signed, twins


def fold(module: fx.GraphModule, channels_last: bool) -> fx.GraphModule:
    """Each batch norm that follows a convolution becomes part of it; weights in the memory order that is the fastest on a CPU for large images."""
    graph = fx.Graph()
    copied: dict[fx.Node, fx.Node] = {}
    result = graph.graph_copy(module.graph, copied)
    graph.output(result)
    body = twins(module)
    for node in list(graph.nodes):
        source = node.args[0] if node.args else None
        if node.op != "call_module" or not isinstance(source, fx.Node) or source.op != "call_module" or len(source.users) > 1:
            continue
        convolution, norm = body.get_submodule(str(source.target)), body.get_submodule(str(node.target))
        if type(convolution) is nn.Conv2d and type(norm) is nn.BatchNorm2d and norm.running_mean is not None:
            with torch.no_grad():
                joined = fuse_conv_bn_eval(convolution, norm)
            body.add_module(str(source.target), joined.requires_grad_(False))
            node.replace_all_uses_with(source)
            graph.erase_node(node)
    for node in graph.nodes if channels_last else ():
        if node.op == "call_module" and isinstance(body.get_submodule(str(node.target)), nn.Conv2d):
            body.add_module(str(node.target), _channels_last(body.get_submodule(str(node.target))))
    return signed(fx.GraphModule(body, graph))


_AFFINE = (Normalise, nn.Conv2d, nn.BatchNorm2d, nn.AvgPool2d, nn.ZeroPad2d, nn.Flatten, nn.Linear, nn.Identity, nn.Dropout)


def split_affine(whole: fx.GraphModule) -> tuple[fx.GraphModule, fx.GraphModule]:
    """Cut behind the layers that stand in one line before the first nonlinear one."""
    nodes = list(whole.graph.nodes)
    last = nodes[0]
    for node in nodes[1:]:
        affine = node.op == "call_module" and isinstance(whole.get_submodule(str(node.target)), _AFFINE)
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
    return signed(fx.GraphModule(whole, head)), signed(fx.GraphModule(whole, tail))


def _channels_last(convolution: nn.Module) -> nn.Module:
    """Its own copy with weights in the memory order channels last; where it works, its output has that order too."""
    twin = copy.copy(convolution)
    weight = getattr(convolution, "weight", None)
    if type(convolution) is nn.Conv2d and isinstance(weight, Tensor):
        twin._parameters = {**convolution._parameters, "weight": nn.Parameter(weight.detach().contiguous(memory_format=torch.channels_last), False)}
    return twin
