"""Train the bundled example runs, ``assets/runs/example…``, and draw the pictures of the lecture's map.

    python -m tools.make_example            # --pictures: only the pictures; a name of an example: only this one

``example`` is one of ``tiny`` on MNIST; about 50 of its snapshots are kept, so that it stays below 1.5 MB.
The others are for comparisons that a page shows before the student has trained anything.
"""

import json
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image, ImageDraw
from torch import nn

from cnnviz.data import fit, load, photo
from cnnviz.features import (
    answers,
    feature_maps,
    filter_bank,
    filters,
    layer_features,
    maximise,
    project,
    unit_correlations,
)
from cnnviz.figures import Sheet, image_sheet, limits, map_sheet, overlay
from cnnviz.models import PRESETS, pretrained
from cnnviz.models.variants import with_dropout, without_pooling
from cnnviz.ops.convolution import trace
from cnnviz.ops.kernels import apply, grey, kernel
from cnnviz.ops.layer_kinds import hand_filters, layer_maps
from cnnviz.saliency import attribute
from cnnviz.settings import ASSETS
from cnnviz.training import (
    TrainingSpec,
    detection_training,
    labels_training,
    open_run,
    ordinal_training,
    segmentation_training,
)
from cnnviz.training.folder import RunFolder
from cnnviz.training.worker import work
from cnnviz.ui.points import groups_of
from tools.class_pictures import class_pictures
from tools.task_pictures import task_pictures
from tools.wild_pictures import wild_pictures

CREATED = 1_795_500_000.0
PICTURES = ASSETS / "pictures"
SIZE = (640, 320)


FEW_IMAGES = TrainingSpec(
    "mnist",
    "mlp",
    epochs=60,
    limit=500,
    batch_size=50,
    learning_rate=0.02,
    label_smoothing=0.0,
    weight_decay=0.0,
)
SPECS = {
    "example": TrainingSpec("mnist", "tiny", epochs=4),
    "example_strided": TrainingSpec("mnist", without_pooling(PRESETS["tiny"]), epochs=4),
    "example_linear": TrainingSpec("mnist", "linear", epochs=4, learning_rate=0.02, weight_decay=0.02),
    "example_dropout": FEW_IMAGES,
    "example_no_dropout": replace(FEW_IMAGES, network=with_dropout(PRESETS["mlp"], 0)),
    "example_detector": detection_training(),
    "example_unet": segmentation_training(),
    "example_no_skips": segmentation_training(skips=False),
    "example_labels": labels_training(epochs=12),
    "example_labels_softmax": labels_training(epochs=12, softmax=True),
    # Few scenes: with all of them both networks end alike.
    "example_grades": ordinal_training(epochs=16, limit=300),
    "example_grades_softmax": ordinal_training(epochs=16, limit=300, softmax=True),
}


def train(name: str, spec: TrainingSpec) -> None:
    with tempfile.TemporaryDirectory() as home:
        folder = RunFolder.create(Path(home) / name, spec, "")
        work(str(folder.path))
        steps = folder.steps()
        for index, step in enumerate(steps[:-1]):
            # The first example can be played through; of the others the first and the last weights are
            # enough.
            if spec.task != "classification":
                # Some, spread over the training.
                gone = index % 15 != 0 or (name == "example_no_skips" and step > 0)
            elif name.endswith("_softmax"):
                gone = step > 0
            else:
                gone = "dropout" in name or bool(step and (name != "example" or (index >= 24 and index % 4)))
            if gone:
                folder.snapshot_path(step).unlink()
        folder.set_status(replace(folder.status(), pid=0, pid_started=0.0))
        about = json.loads((folder.path / "run.json").read_text())
        (folder.path / "run.json").write_text(json.dumps({**about, "created": CREATED}))
        for extra in ("checkpoint.safetensors", "writer.lock"):
            (folder.path / extra).unlink(missing_ok=True)
        target = ASSETS / "runs" / name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(folder.path, target)


def save(name: str, *sheets: Sheet, arrow: bool = False) -> None:
    """Sheets side by side on white, each as large as fits."""
    canvas = Image.new("RGB", SIZE, "white")
    room, left = (SIZE[0] - 40 - 50 * (len(sheets) - 1)) // len(sheets), 20
    for index, sheet in enumerate(sheets):
        width, height = sheet.columns * (sheet.width + 1), sheet.rows * (sheet.height + 1)
        zoom = min(room / width, 280 / height)
        picture = sheet.enlarged(1).resize(
            (round(width * zoom), round(height * zoom)), Image.Resampling.NEAREST
        )
        canvas.paste(picture, (left + (room - picture.width) // 2, (SIZE[1] - picture.height) // 2), picture)
        left += room
        if arrow and index < len(sheets) - 1:
            ImageDraw.Draw(canvas).polygon(
                [(left + 12, 145), (left + 40, 160), (left + 12, 175)], fill="#0072b2"
            )
        left += 50
    canvas.quantize(128).save(PICTURES / f"{name}.png", optimize=True)


def pictures() -> None:
    PICTURES.mkdir(exist_ok=True)
    run = open_run("example")
    network, digit = run.network(run.steps[-1]), load("mnist", "test").floats(slice(7, 8))
    before, after = (filters(run.network(step))[1] for step in (run.steps[0], run.steps[-1]))
    span = limits(before, after)
    maps = feature_maps(network, digit[0])
    cat = photo("chelsea")[:, 60:260, 120:400].float() / 255
    hand = hand_filters(6, 3, 5)
    linear, dropped, plain = (open_run(f"example_{name}") for name in ("linear", "dropout", "no_dropout"))
    few = load("mnist", "test", 500)
    lecture = torch.tensor(
        [[1.0, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]]
    )
    cross = torch.tensor([[1.0, 0, 1], [0, 1, 0], [1, 0, 1]])

    save(
        "training_lab",
        map_sheet(before, span=span, columns=2),
        map_sheet(after, span=span, columns=2),
        arrow=True,
    )
    save(
        "feature_maps",
        image_sheet(digit),
        map_sheet(maps["relu1"], columns=2),
        map_sheet(maps["relu2"], columns=2),
    )
    save(
        "image_as_numbers",
        image_sheet(cat.unsqueeze(0)),
        image_sheet(cat[:, 30:46, 40:56].unsqueeze(0)),
        arrow=True,
    )
    save(
        "convolution",
        map_sheet(lecture[None]),
        map_sheet(cross[None], signed=True),
        map_sheet(trace(lecture, cross).output[None]),
        arrow=True,
    )
    save(
        "kernels",
        image_sheet(grey(cat).unsqueeze(0)),
        map_sheet(apply(grey(cat), kernel("sobel_x", 5))),
        arrow=True,
    )
    save(
        "convolutional_layer",
        image_sheet(cat.unsqueeze(0)),
        map_sheet(layer_maps(cat, hand, 1, 0, 1, 1), columns=2),
        arrow=True,
    )
    save("activations", map_sheet(maps["conv1"], columns=2), map_sheet(maps["relu1"], columns=2), arrow=True)
    save("pooling", map_sheet(maps["relu1"], columns=2), map_sheet(maps["pool1"], columns=2), arrow=True)
    tables = [unit_correlations(each.network(each.steps[-1]), few, "relu1") for each in (plain, dropped)]
    save("dropout", *(map_sheet(table[None], span=(-1, 1)) for table in tables))
    save("fully_connected", map_sheet(filters(linear.network(linear.steps[-1]))[1], columns=5, signed=True))

    made = torch.stack([maximise(network, "conv2", channel, (1, 28, 28)).image for channel in (0, 2, 4, 7)])
    save(
        "filters",
        map_sheet(filter_bank(network, "conv2").pictures[[0, 2, 4, 7]], columns=2, signed=True),
        image_sheet(made, columns=2),
        arrow=True,
    )
    gone = maps["relu2"].clone()
    gone[[1, 4, 6]] = 0
    save("ablation", map_sheet(maps["relu2"]), map_sheet(gone, span=limits(maps["relu2"])), arrow=True)
    test = load("mnist", "test", 1000)
    found = answers(network, test)
    wrong = test.floats()[found.confident_mistakes(6)]
    save("mistakes", map_sheet(found.confusion.float().unsqueeze(0)), image_sheet(wrong, columns=3))
    points(network)
    imagenet, face = pretrained(), fit(photo("chelsea"), (3, 224, 224))
    methods = [
        overlay(face, attribute(imagenet, face, 285, method).map, method, opacity=0.75)
        for method in ("grad_cam", "occlusion")
    ]
    save("saliency", image_sheet(face.unsqueeze(0)), *methods)

    wild_pictures()
    task_pictures()
    class_pictures()
    icon = Image.new("RGBA", (128, 128), (0, 0, 0, 0))
    icon.paste(map_sheet(after[:1], span=span).enlarged(128 // 5), (2, 2))
    icon.save(PICTURES / "icon.png", optimize=True)


def points(network: nn.Module) -> None:
    """The embedding page's picture: each digit at its place."""
    test = load("mnist", "test", 250)
    places = project(layer_features(network, "flatten1", test.floats()), "tsne")
    places = (places - places.amin(0)) / (places.amax(0) - places.amin(0))
    canvas = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(canvas)
    groups = groups_of(test.classes)
    for (x, y), label in zip(places.tolist(), test.labels.tolist(), strict=True):
        sign, _, colour = groups[label]
        draw.text((14 + x * (SIZE[0] - 34), 8 + (1 - y) * (SIZE[1] - 30)), sign, fill=colour, font_size=17)
    canvas.quantize(64).save(PICTURES / "embedding.png", optimize=True)


if __name__ == "__main__":
    if "--pictures" not in sys.argv:
        only = [name for name in sys.argv[1:] if name in SPECS]
        for name, spec in SPECS.items():
            if not only or name in only:
                train(name, spec)
        if only:
            sys.exit()
    pictures()
