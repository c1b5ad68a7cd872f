"""Runs the PyTorch that ``cnnviz.models.code`` writes."""

from typing import Any

from torch import nn

from cnnviz.models import Network, code


def run_code(network: Network) -> nn.Module:
    """The network that the code makes, without cnnviz."""
    text = code(network)
    assert "cnnviz" not in text
    if network.plan.is_chain:
        chain: nn.Module = eval(text.replace("# ", "#"), {"nn": nn})
        return chain
    names: dict[str, Any] = {}
    exec(text, names)
    module: nn.Module = names["network"]
    return module
