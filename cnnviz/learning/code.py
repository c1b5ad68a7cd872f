"""An experiment of the playground as PyTorch that gives the same weights."""

from cnnviz.learning.experiment import LINEAR, SCHEDULES, Experiment2D
from cnnviz.learning.links import to_link
from cnnviz.learning.plane import PLANE_FEATURES
from cnnviz.learning.rules import RULES
from cnnviz.ops.activations import ACTIVATIONS


def experiment_code(experiment: Experiment2D, epochs: int = 100) -> str:
    """Plain PyTorch: the network, the loop, and at the end the two losses."""
    many = experiment.ends == "softmax"
    drops = any(layer.dropout for layer in experiment.layers)
    maxout = any(layer.activation == "maxout" for layer in experiment.layers)
    parts = []
    width = len(experiment.features)
    for layer in experiment.layers:
        pieces = ACTIVATIONS[layer.activation].pieces if layer.activation in ACTIVATIONS else 1
        parts.append(f"nn.Linear({width}, {layer.units * pieces}),")
        if layer.activation != LINEAR:
            parts.append(f"{ACTIVATIONS[layer.activation].code},")
        if layer.dropout:
            parts.append("Dropout(),")
        width = layer.units
    parts.append(f"nn.Linear({width}, {experiment.outputs}),")
    if experiment.ends == "tanh":
        parts.append("nn.Tanh(),")
    link = to_link(experiment)
    lines = [
        *(["import math", ""] if experiment.schedule == "cosine" else []),
        "import torch",
        "from torch import nn",
        "",
        "from cnnviz.learning import from_link",
        *(["from cnnviz.learning.twin import Drops"] if drops else []),
        *(["from cnnviz.ops.activations import Maxout"] if maxout else []),
        "",
        f'experiment = from_link("{link or "seed=1"}")  # the points, their order and the first weights',
        "torch.set_default_dtype(torch.float64)",
        "",
        "",
        "def inputs(points):",
        "    x = torch.tensor([point.x for point in points])",
        "    y = torch.tensor([point.y for point in points])",
        f"    return torch.stack([{', '.join(PLANE_FEATURES[name].code for name in experiment.features)}], 1)",
        "",
        "",
    ]
    if many and experiment.classes == 2:
        target = "torch.tensor([int(point.label > 0) for point in points])"
    elif many:
        target = "torch.tensor([int(point.label) for point in points])"
    else:
        target = "torch.tensor([[point.label] for point in points])"
    lines += ["def targets(points):", f"    return {target}", "", ""]
    if drops:
        lines += [
            "drops = Drops(experiment)  # the masks that the playground draws",
            "",
            "",
            "class Dropout(nn.Module):",
            "    def forward(self, values):",
            "        return values * drops.mask() if self.training else values",
            "",
            "",
        ]
    rule = RULES[experiment.optimizer]
    loss = "nn.functional.cross_entropy({0}, {1})" if many else "0.5 * ({0} - {1}).square().mean()"
    lines += [
        "network = nn.Sequential(",
        *(f"    {part}" for part in parts),
        ")",
        "with torch.no_grad():",
        "    for weight, first in zip(network.parameters(), experiment.first_weights(), strict=True):",
        "        weight.copy_(first)",
        "data = experiment.data",
        "train_inputs, train_targets = inputs(data.train), targets(data.train)",
        "test_inputs, test_targets = inputs(data.test), targets(data.test)",
        f"optimizer = {rule.code.format(p='network.parameters()', lr=f'{experiment.learning_rate:g}')}",
    ]
    schedule = SCHEDULES[experiment.schedule].code
    if schedule:
        lines.append(f"schedule = {schedule}")
    if experiment.penalty == "L1":
        lines.append("alive = {name: torch.ones_like(w) for name, w in network.named_parameters()}")
    lines += [
        "batches = experiment.batches()",
        f"for epoch in range({epochs}):",
        "    for places in next(batches):",
    ]
    if drops:
        lines.append("        drops.draw(len(places))")
    if experiment.penalty != "none":
        lines.append("        before = {name: w.detach().clone() for name, w in network.named_parameters()}")
    lines += [
        f"        loss = {loss.format('network(train_inputs[places])', 'train_targets[places]')}",
        "        optimizer.zero_grad()",
        "        loss.backward()",
        "        optimizer.step()",
    ]
    if experiment.penalty != "none":
        lines += _penalty(experiment)
    if schedule:
        lines.append("    schedule.step()")
    lines += [
        "network.eval()",
        f"train_loss = {loss.format('network(train_inputs)', 'train_targets')}",
        f"test_loss = {loss.format('network(test_inputs)', 'test_targets')}",
        "print(train_loss.item(), test_loss.item())",
    ]
    return "\n".join(lines)


def _penalty(experiment: Experiment2D) -> list[str]:
    pull = f"{experiment.penalty_rate:g} * optimizer.param_groups[0]['lr']"
    lines = [
        "        with torch.no_grad():",
        "            for name, w in network.named_parameters():",
        "                if w.dim() < 2:",
        "                    continue  # biases stay",
    ]
    if experiment.penalty == "L2":
        return [*lines, f"                w -= {pull} * before[name]"]
    return [
        *lines,
        "                w *= alive[name]",
        f"                pulled = w - {pull} * before[name].sign()",
        "                alive[name] *= w * pulled >= 0  # a weight that crosses zero stays zero",
        "                w.copy_(pulled * alive[name])",
    ]
