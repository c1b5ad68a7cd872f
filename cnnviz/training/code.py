"""A training, and what it has made of a network, as Python that runs without the app."""

from cnnviz.data import DATASETS
from cnnviz.expressions import Expression, script
from cnnviz.models import Block, Repeat, build, definitions, expression, resolve
from cnnviz.training.registry import OPTIMIZERS, SCHEDULES
from cnnviz.training.spec import TrainingSpec


def training_code(spec: TrainingSpec) -> str:
    """A whole training, without cnnviz's own loop: on one machine and one core its weights are those of the
    run, to the bit.
    """
    entry = DATASETS[spec.dataset]
    network = build(spec.network, entry.shape, len(entry.classes))
    optimizer = OPTIMIZERS[spec.optimizer].code.format(
        lr=f"{spec.base_learning_rate:g}", wd=f"{spec.weight_decay:g}"
    )
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


def feature_maps_code(spec: TrainingSpec, run_id: str, step: int, image: Expression) -> str:
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
    return script(
        f"""\
network = open_run("{run_id}").network({step})
image = {image}
values = fit(image, DATASETS["{spec.dataset}"].shape).unsqueeze(0)

maps = {{}}
{way}
probabilities = values.softmax(dim=1)[0]

print({{name: tuple(stack.shape) for name, stack in maps.items()}})
print(DATASETS["{spec.dataset}"].classes[probabilities.argmax()], f"{{probabilities.max():.3f}}")
""",
        image,
        DATASETS="cnnviz.data",
        fit="cnnviz.data",
        open_run="cnnviz.training",
    )
