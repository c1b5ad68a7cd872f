"""The lines of "Show the code": plain PyTorch that gives a page's numbers. Tests run each of them and compare."""

import re
from typing import TYPE_CHECKING

from torch import Tensor

from cnnviz.data import DATASETS
from cnnviz.models import Block, Repeat, build, definitions, expression, resolve
from cnnviz.ops.activations import ACTIVATIONS
from cnnviz.ops.pooling import POOLINGS
from cnnviz.training import OPTIMIZERS, SCHEDULES, TrainingSpec

if TYPE_CHECKING:
    from cnnviz.ui.microscope import Unit


_FROM = {**dict.fromkeys(("DATASETS", "decode", "embedded", "fit", "load", "photo"), "cnnviz.data"), "with_edits": "cnnviz.figures"}
"""Where the names come from that the code of an image may use."""


def _with_imports(code: str) -> str:
    """The code with imports of what it uses of ``_FROM``, after those it has already."""
    used = {name: module for name, module in _FROM.items() if re.search(rf"\b{name}\b", code)}
    lines = [f"from {module} import {', '.join(sorted(name for name in used if used[name] == module))}" for module in sorted(set(used.values()))]
    at = code.index("\n\n")
    own = code[:at].splitlines()
    plain = [line for line in own if "cnnviz" not in line]
    house = sorted(lines + [line for line in own if "cnnviz" in line])
    return "\n".join(plain + house) + code[at:]


def training_code(spec: TrainingSpec) -> str:
    """A whole training, without cnnviz's own loop: on one machine and one core its weights are those of the run, to the bit."""
    entry = DATASETS[spec.dataset]
    network = build(spec.network, entry.shape, len(entry.classes))
    optimizer = OPTIMIZERS[spec.optimizer].code.format(lr=f"{spec.base_learning_rate:g}", wd=f"{spec.weight_decay:g}")
    limit = "" if spec.limit is None else f", limit={spec.limit}"
    full = ", full=True" if spec.full else ""
    blocks = definitions(network)
    return f"""\
import math
import torch
from torch import nn
from cnnviz.data import load
{f"{chr(10)}{chr(10)}{blocks}{chr(10)}" if blocks else ""}
torch.set_num_threads({spec.threads})
train, test = load("{spec.dataset}", "train"{limit}{full}), load("{spec.dataset}", "test"{full})
mean, std = torch.tensor({list(entry.mean)}).view(-1, 1, 1), torch.tensor({list(entry.std)}).view(-1, 1, 1)
images, labels = (train.floats() - mean) / std, train.labels

torch.manual_seed({spec.seed})  # the weights
network = {expression(network)}.to(memory_format=torch.channels_last)
optimizer = {optimizer}

torch.manual_seed({spec.seed})  # dropout
order = torch.Generator().manual_seed({spec.seed})
batch_size = min({spec.batch_size}, len(train))
per_epoch = len(train) // batch_size
step, total = 0, per_epoch * {spec.epochs}
network.train()
for epoch in range({spec.epochs}):
    shuffled = torch.randperm(len(train), generator=order)
    for place in range(per_epoch):
        p = step / total
        for group in optimizer.param_groups:
            group["lr"] = {spec.base_learning_rate:g} * {SCHEDULES[spec.schedule].code}
        batch = shuffled[place * batch_size : (place + 1) * batch_size]
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(network(images[batch]), labels[batch], label_smoothing={spec.label_smoothing:g})
        loss.backward()
        optimizer.step()
        step += 1

network.eval()
with torch.inference_mode():
    answers = network((test.floats() - mean) / std).argmax(dim=1)
accuracy = (answers == test.labels).sum().item() / len(test)
print(f"test accuracy {{accuracy:.2%}}")
"""


def feature_maps_code(spec: TrainingSpec, run_id: str, step: int, image: str) -> str:
    """The maps and the prediction of one image; ``image`` is an expression that gives its pixels."""
    if any(isinstance(layer, Block | Repeat) for layer in resolve(spec.network).layers):
        # The order in which the layers give their outputs, wherever they stand.
        way = """\
for name, layer in network.named_modules():
    if not list(layer.children()):
        layer.register_forward_hook(lambda _, __, output, name=name: maps.update({name: output[0]}))
with torch.inference_mode():
    values = network(values)"""
    else:
        way = """\
with torch.inference_mode():
    for name, layer in network.named_children():
        values = layer(values)
        maps[name] = values[0]"""
    return _with_imports(f"""\
import torch
from cnnviz.training import open_run

network = open_run("{run_id}").network({step})
image = {image}
values = fit(image, DATASETS["{spec.dataset}"].shape).unsqueeze(0)

maps = {{}}
{way}
probabilities = values.softmax(dim=1)[0]

print({{name: tuple(stack.shape) for name, stack in maps.items()}})
print(DATASETS["{spec.dataset}"].classes[probabilities.argmax()], f"{{probabilities.max():.3f}}")
""")


def _table(values: Tensor) -> str:
    """Numbers as a Python list, whole ones without a point."""
    rows = ("[" + ", ".join(f"{value:.7g}" for value in row) + "]" for row in values.tolist())
    return "[" + ", ".join(rows) + "]"


def convolution_code(image: Tensor, kernel: Tensor, stride: int, padding: int, dilation: int, padding_mode: str, flip: bool) -> str:
    """A convolution and the gradient of its kernel, on the page's numbers."""
    weights = "kernel.flip(-2, -1)" if flip else "kernel"
    note = "  # flipped: the convolution of mathematics" if flip else ""
    mode = "constant" if padding_mode == "zeros" else padding_mode
    padded = f'functional.pad(image, ({padding},) * 4, mode="{mode}")' if padding else "image"
    return f"""\
import torch
from torch.nn import functional

image = torch.tensor({_table(image)}, dtype=torch.float64)[None, None]
kernel = torch.tensor({_table(kernel)}, dtype=torch.float64)[None, None]

s = functional.conv2d({padded}, {weights}, stride={stride}, dilation={dilation}){note}
print(s[0, 0])
"""


def gradient_code(forward: str, target: Tensor, rate: float) -> str:
    """Continues ``convolution_code``: loss, gradient and one step."""
    call = next(line for line in forward.splitlines() if line.startswith("s = "))
    return f"""\
{forward}
target = torch.tensor({_table(target)}, dtype=torch.float64)
kernel.requires_grad_()
{call}
loss = 0.5 * (s[0, 0] - target).square().sum()
loss.backward()
print(loss.item(), kernel.grad[0, 0])
new_kernel = (kernel - {rate:.7g} * kernel.grad).detach()[0, 0]
"""


def pixels_code(image: str, kind: str, high: int, window: tuple[int, int, int, int]) -> str:
    """The numbers of the window, as the page shows them."""
    top, left, rows, cols = window
    steps = {
        "bytes": "numbers = image.float()",
        "scaled": f"numbers = image / {high}",
        "normalised": f"mean, std = (torch.tensor(values).view(-1, 1, 1) for values in MEAN_STD[len(image)])\nnumbers = (image / {high} - mean) / std",
    }
    return _with_imports(f"""\
import torch
from cnnviz.data.matrices import LECTURE_MATRIX
from cnnviz.figures.pixels import MEAN_STD

image = {image}
{steps[kind]}
window = numbers[:, {top} : {top + rows}, {left} : {left + cols}]
print(image.shape, window)
""")


def kernel_code(image: str, kernel: str) -> str:
    """A kernel over the brightness of a picture."""
    return _with_imports(f"""\
import torch
from torch.nn import functional
from cnnviz.features import filters
from cnnviz.ops.kernels import grey, kernel
from cnnviz.training import open_run

image = {image}
brightness = grey(image) / 255
weights = {kernel}
half = weights.shape[0] // 2

padded = functional.pad(brightness[None], (half,) * 4, mode="replicate")
result = functional.conv2d(padded, weights[None, None])[0]
print(result.shape, result.min(), result.max())
""")


def layer_code(image: str, filters: int, kernel: int, stride: int, padding: int, dilation: int, groups: int, transposed: bool) -> str:
    """A convolutional layer with the page's filters: its shape, parameters and maps."""
    name = "ConvTranspose2d" if transposed else "Conv2d"
    weights = f"hand_filters({filters}, {3 // groups}, {kernel})"
    placed = f"for_transposed({weights}, {groups})" if transposed else weights
    return _with_imports(f"""\
import torch
from torch import nn
from cnnviz.ops.layer_kinds import for_transposed, hand_filters

layer = nn.{name}(3, {filters}, {kernel}, stride={stride}, padding={padding}, dilation={dilation}, groups={groups})
layer.weight.data, layer.bias.data = {placed}, torch.zeros({filters})
print(sum(p.numel() for p in layer.parameters()), "parameters")

image = {image}
with torch.inference_mode():
    maps = layer(fit(image, (3, 32, 32))[None])[0]
print(maps.shape)
""")


def activations_code(names: list[str]) -> str:
    """The functions and their derivatives at a few places, from torch's own layers and autograd."""
    lines = "\n".join(f'    "{name}": {_activation_line(name)},' for name in names)
    return f"""\
import torch
from torch import nn
from cnnviz.ops.activations import ACTIVATIONS

x = torch.linspace(-5, 5, 11, requires_grad=True)
functions = {{
{lines}
}}
for name, function in functions.items():
    y = function(x)
    (slope,) = torch.autograd.grad(y.sum(), x)
    print(name, y.detach(), slope)
"""


def _activation_line(name: str) -> str:
    return 'ACTIVATIONS["maxout"].function' if name == "maxout" else ACTIVATIONS[name].code


def pooling_code(image: Tensor, size: tuple[int, int], stride: int, padding: int, mode: str, ceil: bool) -> str:
    """The pooling of the page, with torch's own functions."""
    values = "[" + ",\n                      ".join(_table(channel) for channel in image) + "]"
    options = f"{size}, stride={stride}, padding={padding}, ceil_mode={ceil}"
    lines = POOLINGS[mode].code.format(options=options, window=size, stride=stride, padding=padding, ceil=ceil)
    return f"""\
import torch
from torch.nn import functional

image = torch.tensor({values}, dtype=torch.float64)
{lines}
print(pooled)
"""


def dropout_code(p: float, number: int, draws: int) -> str:
    """One training step's hidden values, and the mean of many draws."""
    return f"""\
import torch
from cnnviz.ops.dropout import SmallNetwork, mask

network = SmallNetwork.make()
x = torch.tensor([1.0, -0.5, 2.0, 0.8])
h1 = torch.relu(x @ network.weights[0])
h1 = h1 * mask((6,), {p:g}, {number * 100}) / (1 - {p:g})      # training, step {number}
h2 = torch.relu(h1 @ network.weights[1])
h2 = h2 * mask((6,), {p:g}, {number * 100 + 1}) / (1 - {p:g})
output = h2 @ network.weights[2]
print(h1, h2, output)

draws = 2.0 * mask(({draws},), {p:g}, {number}) / (1 - {p:g})
print(draws.mean())
"""


def softmax_code(image: str, number: int, moved: float, temperature: float, true: int) -> str:
    """Logits of the linear network, one of them moved; probabilities and loss."""
    return _with_imports(f"""\
import torch
from torch.nn import functional
from cnnviz.training import open_run

run = open_run("example_linear")
network = run.network(run.steps[-1])
image = {image}
with torch.no_grad():
    logits = network(image[None] / 255)[0]
logits[{number}] += {moved:g}

probabilities = functional.softmax(logits / {temperature:g}, dim=0)
loss = functional.cross_entropy(logits[None] / {temperature:g}, torch.tensor([{true}]))
print(probabilities, loss)
""")


_OPEN = """\
from cnnviz.models import build, pretrained
from cnnviz.training import open_run
"""


def _network_and_image(network: str, image: str, shape: tuple[int, int, int]) -> str:
    return f"network = {network}\nimage = fit({image}, {shape})\n"


def saliency_code(
    network: str, image: str, shape: tuple[int, int, int], method: str, target: int, layer: str | None, options: dict[str, object]
) -> str:
    """One map, and its deletion and insertion areas."""
    rest = ("" if layer is None else f", layer={layer!r}") + "".join(f", {name}={value!r}" for name, value in options.items())
    return _with_imports(f"""\
{_OPEN}from cnnviz.saliency import attribute, faithfulness

{_network_and_image(network, image, shape)}
found = attribute(network, image, {target}, "{method}"{rest})
curves = faithfulness(network, image, found.map, found.target)
print(found)
print(f"deletion {{curves.deletion_area:.3f}}, insertion {{curves.insertion_area:.3f}}")
""")


def unit_code(network: str, image: str, shape: tuple[int, int, int], unit: "Unit | None") -> str:
    """All maps; and one unit as a sum."""
    lines = ""
    if unit is not None:
        lines = f"""
unit = explain_unit(network, image, "{unit.layer}", {unit.channel}, {unit.row}, {unit.col})
print(unit, unit.products.sum().item() + unit.bias)
print(receptive_field(network, "{unit.layer}", {shape}).box({unit.row}, {unit.col}))
"""
    return _with_imports(f"""\
{_OPEN}from cnnviz.features import explain_unit, feature_maps, receptive_field

{_network_and_image(network, image, shape)}
maps = feature_maps(network, image)
{lines}""")


def ablation_code(network: str, image: str, shape: tuple[int, int, int], layer: str, options: dict[str, object]) -> str:
    """The answers with and without some channels."""
    rest = "".join(f", {name}={value!r}" for name, value in options.items())
    return _with_imports(f"""\
{_OPEN}from cnnviz.features import ablated, probabilities

{_network_and_image(network, image, shape)}
changed = ablated(network, "{layer}", {shape}{rest})
before, after = probabilities(network, image[None])[0], probabilities(changed, image[None])[0]
print(before.argmax().item(), before.max().item(), after.argmax().item(), after.max().item())
""")


def filters_code(network: str, shape: tuple[int, int, int], layer: str, number: int, smoothness: float, seed: int) -> str:
    """A layer's filters, and an image made for one."""
    return f"""\
from cnnviz.features import filter_bank, maximise
from cnnviz.models import build, pretrained
from cnnviz.training import open_run

network = {network}
bank = filter_bank(network, "{layer}")
print(bank.kernels.shape, bank.norms[{number}].item(), bank.duplicates)
made = maximise(network, "{layer}", {number}, {shape}, smoothness={smoothness:g}, seed={seed})
print(made.history[0], made.history[-1])
"""


def embedding_code(network: str, dataset: str, count: int, layer: str, way: str) -> str:
    """Points of test images, and how far the classes are apart."""
    return f"""\
from cnnviz.data import load
from cnnviz.features import layer_features, project, separation
from cnnviz.training import open_run

network = {network}
test = load("{dataset}", "test", {count})
features = layer_features(network, "{layer}", test.floats())
points = project(features, "{way}")
print(points.shape, separation(features, test.labels))
"""


def mistakes_code(network: str, dataset: str, true: int, predicted: int) -> str:
    """Confusion matrix, one of its cells, and the calibration error."""
    return f"""\
from cnnviz.data import load
from cnnviz.features import answers
from cnnviz.training import open_run

found = answers({network}, load("{dataset}", "test"))
print(found.confusion)
print(found.cell({true}, {predicted}), found.confident_mistakes(5), found.calibration().error)
"""
