"""A training, and what it has made of a network, as Python that runs without the app."""

from collections.abc import Iterable, Sequence

from cnnviz.expressions import Expression, script
from cnnviz.models import INITIALISATIONS, Block, Repeat, build, definitions, expression, resolve
from cnnviz.training.augmentation import split
from cnnviz.training.folder import Change
from cnnviz.training.losses import LOSSES
from cnnviz.training.registry import OPTIMIZERS, SCHEDULES
from cnnviz.training.spec import KNOBS, TrainingSpec
from cnnviz.training.tasks import TASKS, Task

ONE_HOT = """

def one_hot(targets, classes):
    return nn.functional.one_hot(targets, classes).float() if targets.dim() == 1 else targets

"""


def training_code(
    spec: TrainingSpec, changes: Sequence[Change] = (), steps: int | None = None, weights: str = ""
) -> str:
    """A whole training, without cnnviz's own loop: on one machine and one core its weights are those of the
    run, to the bit.

    Args:
        changes: knobs that were turned in mid-run.
        steps: how many were made; ``None``: all.
        weights: a file to which the script writes the weights at the end, with safetensors.
    """
    entry = spec.entry
    task = TASKS[spec.task]
    network = build(spec.network, entry.shape, task.outputs(entry))
    blocks = definitions(network)
    lines = [
        "import math",
        "import torch",
        *(["from safetensors.torch import save_file"] if weights else []),
        "from torch import nn",
        f"from cnnviz.data import load{', thin_out' if spec.rare else ''}",
        *([f"from cnnviz.tasks import {', '.join(task.code.names)}"] if task.code.names else []),
        *(["from cnnviz.vision import transforms"] if spec.augmentations else []),
        f"\n\n{blocks}\n" if blocks else "",
        *([ONE_HOT] if spec.loss == "squared_error" else []),
        f"torch.set_num_threads({spec.threads})",
        *_data(spec),
        "",
        f"torch.manual_seed({spec.seed})  # the weights",
        f"network = {expression(network)}.to(memory_format=torch.channels_last)",
        *_first_weights(spec),
        "optimizer = "
        + OPTIMIZERS[spec.optimizer].code.format(
            lr=_number(spec.base_learning_rate), wd=_number(spec.weight_decay)
        ),
        "",
        f"torch.manual_seed({spec.seed})  # dropout{' and augmentation' if spec.augmentations else ''}",
        *_transforms(spec),
        f"order = torch.Generator().manual_seed({spec.seed})",
        f"batch_size = min({spec.batch_size}, len(labels))",
        "per_epoch = len(labels) // batch_size",
        f"step, total = 0, per_epoch * {spec.epochs}",
        *_knobs(spec, changes),
        "network.train()",
        f"for epoch in range({spec.epochs}):",
        "    shuffled = torch.randperm(len(labels), generator=order)",
        "    for place in range(per_epoch):",
        *(
            []
            if steps is None
            else [f"        if step == {steps}:  # the run ended here", "            break"]
        ),
        *_indented(_step(spec, {change.knob for change in changes}), 8),
        "",
        "network.eval()",
        "with torch.inference_mode():",
        "    outputs = network((test.floats() - mean) / std)",
        *task.code.score,
        f'print(f"{_score_words(task)} {{{task.code.value}:.2%}}")',
    ]
    if weights:
        lines.append(
            f'save_file({{name: value.contiguous() for name, value in network.state_dict().items()}}, "{weights}")'
        )
    return "\n".join(lines) + "\n"


def _score_words(task: Task) -> str:
    return "test accuracy" if task.labels else task.score_name


def _indented(lines: Iterable[str], spaces: int) -> list[str]:
    return [" " * spaces + line for line in lines]


def _data(spec: TrainingSpec) -> list[str]:
    entry = spec.entry
    classes = "" if spec.classes is None else f", classes={spec.classes}"
    full = ", full=True" if spec.full else ""
    limit = "" if spec.limit is None else f", limit={spec.limit}"
    images, labels, lines = "train.floats()", TASKS[spec.task].code.targets, []
    if spec.share < 1:
        lines.append(f"train = train.only(slice(max(1, round({spec.share!r} * len(train)))))")
    mean, std = (f"torch.tensor({list(values)}).view(-1, 1, 1)" for values in (entry.mean, entry.std))
    if not spec.augmentations:
        images = f"({images} - mean) / std"
    lines += [f"mean, std = {mean}, {std}", f"images, labels = {images}, {labels}"]
    if spec.noise:
        lines += [
            f"noise = torch.Generator().manual_seed({spec.seed})",
            f"chosen = torch.randperm(len(labels), generator=noise)[: round({spec.noise!r} * len(labels))]",
            "labels = labels.clone()",
            f"labels[chosen] = torch.randint({len(entry.classes)}, (len(chosen),), generator=noise)",
        ]
    thinned = [f"train = thin_out(train, {spec.rare}, {spec.rare_share!r})"] if spec.rare else []
    return [
        f'train = load("{spec.dataset}", "train"{limit}{full}{classes})',
        *thinned,
        f'test = load("{spec.dataset}", "test"{full}{classes})',
        *lines,
    ]


def _first_weights(spec: TrainingSpec) -> list[str]:
    fill = INITIALISATIONS[spec.initialisation].code
    if not fill:
        return []
    return [
        "for module in network.modules():",
        "    if isinstance(module, (nn.Conv2d, nn.Linear)):",
        "        for p in module.parameters():",
        f"            {fill} if p.dim() > 1 else nn.init.zeros_(p)",
    ]


def _transforms(spec: TrainingSpec) -> list[str]:
    single, mixing = (
        [one.code(spec.entry.shape, len(spec.entry.classes)) for one in some]
        for some in split(spec.augmentations)
    )
    return [
        *(["v2 = transforms()"] if spec.augmentations else []),
        *([f"change = v2.Compose([{', '.join(single)}])"] if single else []),
        *([f"mix = v2.Compose([{', '.join(mixing)}])"] if mixing else []),
    ]


def _knobs(spec: TrainingSpec, changes: Sequence[Change]) -> list[str]:
    """What can be turned, where something was."""
    if not changes:
        return []
    first = {name: None if name == "learning_rate" else getattr(spec, name) for name in KNOBS}
    events = [(change.step, change.knob, change.value) for change in changes]
    return [f"knobs = {first}", f"turned = {events}  # (step, knob, value)"]


def _clipping(line: str, spec: TrainingSpec, turned: set[str]) -> list[str]:
    if "clip" in turned:
        return ['if knobs["clip"] is not None:', f"    {line}"]
    return [] if spec.clip is None else [line]


def _number(value: float) -> str:
    """Short where that is exact."""
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)


def _step(spec: TrainingSpec, turned: set[str]) -> list[str]:
    def knob(name: str) -> str:
        return f'knobs["{name}"]' if name in turned else _number(getattr(spec, name) or 0.0)

    single, mixing = split(spec.augmentations)
    own = 'knobs["learning_rate"] or ' if "learning_rate" in turned else ""
    rate = f"{_number(spec.base_learning_rate)} * {SCHEDULES[spec.schedule].code}"
    loss = TASKS[spec.task].code.loss or LOSSES[spec.loss].code.format(
        smoothing=knob("label_smoothing"), classes=len(spec.entry.classes)
    )
    forward = ["outputs = network(pictures)"]
    if spec.precision == "mixed":
        forward = [
            'with torch.autocast("cpu", torch.bfloat16):',
            *_indented(forward, 4),
            "outputs = outputs.float()",
        ]
    clip = f"nn.utils.clip_grad_norm_(network.parameters(), {knob('clip')})"
    return [
        *(["knobs |= {knob: value for at, knob, value in turned if at <= step}"] if turned else []),
        "p = step / total",
        "for group in optimizer.param_groups:",
        f'    group["lr"] = {own}{rate}',
        *(['    group["weight_decay"] = knobs["weight_decay"]'] if "weight_decay" in turned else []),
        "batch = shuffled[place * batch_size : (place + 1) * batch_size]",
        "pictures, targets = images[batch], labels[batch]",
        *(["pictures = torch.stack([change(picture) for picture in pictures])"] if single else []),
        *(["pictures, targets = mix(pictures, targets)"] if mixing else []),
        *(["pictures = (pictures - mean) / std"] if spec.augmentations else []),
        "optimizer.zero_grad()",
        *forward,
        f"loss = {loss}",
        "loss.backward()",
        *(
            [
                "for weight in network.parameters():",
                f"    weight.grad.add_(weight.detach().sign(), alpha={knob('l1')})",
            ]
            if spec.l1 or "l1" in turned
            else []
        ),
        *_clipping(clip, spec, turned),
        "optimizer.step()",
        "step += 1",
    ]


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
    chosen = "" if spec.classes is None else f".of_classes({spec.classes})"
    return script(
        f"""\
network = open_run("{run_id}").network({step})
image = {image}
data = DATASETS["{spec.dataset}"]{chosen}
values = fit(image, data.shape).unsqueeze(0)

maps = {{}}
{way}
probabilities = values.softmax(dim=1)[0]

print({{name: tuple(stack.shape) for name, stack in maps.items()}})
print(data.classes[probabilities.argmax()], f"{{probabilities.max():.3f}}")
""",
        image,
        DATASETS="cnnviz.data",
        fit="cnnviz.data",
        open_run="cnnviz.training",
    )
