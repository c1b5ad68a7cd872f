"""Train the bundled example runs, ``assets/runs/example…``, and draw the pictures of the lecture's map.

    python tools/make_example.py

``example`` is one of ``tiny`` on MNIST; about 50 of its snapshots are kept, so that it stays below 1.5 MB. The others are
for comparisons that a page shows before the student has trained anything.
"""

import json
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image, ImageDraw

from cnnviz.data import load
from cnnviz.features import feature_maps, filters
from cnnviz.figures import Sheet, image_sheet, map_sheet
from cnnviz.models import PRESETS
from cnnviz.models.variants import with_dropout, without_pooling
from cnnviz.settings import ASSETS
from cnnviz.training import TrainingSpec, open_run
from cnnviz.training.folder import RunFolder
from cnnviz.training.worker import work

CREATED = 1_795_500_000.0
PICTURES = ASSETS / "pictures"
SIZE = (640, 320)


SPECS = {
    "example": TrainingSpec("mnist", "tiny", epochs=4),
    "example_strided": TrainingSpec("mnist", without_pooling(PRESETS["tiny"]), epochs=4),
    "example_linear": TrainingSpec("mnist", "linear", epochs=4),
    "example_dropout": TrainingSpec("mnist", "mlp", epochs=60, limit=500, batch_size=50),
    "example_no_dropout": TrainingSpec("mnist", with_dropout(PRESETS["mlp"], 0), epochs=60, limit=500, batch_size=50),
}


def train(name: str, spec: TrainingSpec) -> None:
    with tempfile.TemporaryDirectory() as home:
        folder = RunFolder.create(Path(home) / name, spec, "")
        work(str(folder.path))
        steps = folder.steps()
        for index, step in enumerate(steps[:-1]):
            # The first example can be played through; of the others the first and the last weights are enough.
            if step and (name != "example" or (index >= 24 and index % 4)):
                folder.snapshot_path(step).unlink()
        folder.set_status(replace(folder.status(), pid=0, pid_started=0.0))
        about = json.loads((folder.path / "run.json").read_text())
        (folder.path / "run.json").write_text(json.dumps({**about, "created": CREATED}))
        for extra in ("checkpoint.safetensors", "control.lock"):
            (folder.path / extra).unlink(missing_ok=True)
        target = ASSETS / "runs" / name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(folder.path, target)


def place(canvas: Image.Image, sheet: Sheet, left: int, top: int, height: int) -> int:
    """Pastes a sheet, enlarged to about ``height``; returns its right edge."""
    pixels = max(1, height // (sheet.rows * (sheet.height + 1)))
    picture = sheet.enlarged(pixels)
    canvas.paste(picture, (left, top + (height - picture.height) // 2), picture)
    return left + picture.width


def pictures() -> None:
    PICTURES.mkdir(exist_ok=True)
    run = open_run("example")
    before, after = (filters(run.network(step))[1] for step in (run.steps[0], run.steps[-1]))
    span = (float(torch.cat([before, after]).min()), float(torch.cat([before, after]).max()))
    canvas = Image.new("RGB", SIZE, "white")
    place(canvas, map_sheet(before, span=span, columns=2), 40, 30, 260)
    place(canvas, map_sheet(after, span=span, columns=2), 360, 30, 260)
    ImageDraw.Draw(canvas).polygon([(312, 145), (342, 160), (312, 175)], fill="#0072b2")
    canvas.save(PICTURES / "training_lab.png", optimize=True)

    image = load("mnist", "test").floats(slice(7, 8))
    maps = feature_maps(run.network(run.steps[-1]), image[0])
    canvas = Image.new("RGB", SIZE, "white")
    right = place(canvas, image_sheet(image), 20, 60, 200)
    right = place(canvas, map_sheet(maps["relu1"], columns=2), right + 30, 40, 240)
    place(canvas, map_sheet(maps["relu2"], columns=2), right + 30, 40, 240)
    canvas.save(PICTURES / "feature_maps.png", optimize=True)

    icon = Image.new("RGBA", (128, 128), (0, 0, 0, 0))
    kernel = map_sheet(after[:1], span=span).enlarged(128 // 5)
    icon.paste(kernel, (2, 2))
    icon.save(PICTURES / "icon.png", optimize=True)


if __name__ == "__main__":
    for name, spec in SPECS.items():
        train(name, spec)
    pictures()
