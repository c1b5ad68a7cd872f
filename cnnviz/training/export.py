"""What one can take away of a run, as the bytes of a file. A new kind is one entry in ``EXPORTS``."""

import csv
import importlib
import io
import json
import platform
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import save

from cnnviz.errors import CnnvizError
from cnnviz.training.code import training_code
from cnnviz.training.registry import SCHEDULES
from cnnviz.training.tasks import TASKS
from cnnviz.words import say

if TYPE_CHECKING:
    from cnnviz.training.run import Run

REPORT = "cnnviz.figures.report", "report"
"""The report has pictures, and those are made in a room above this one; so it is looked up when it is asked for."""


@dataclass(frozen=True)
class Export:
    """A kind of file.

    Attributes:
        title: what it is, on a button.
        suffix: of its name; ``mime``: its type on the web.
        of_step: it holds the network at one step, else the whole run.
        of_labels: only of a run that learns the classes of whole images.
        make: (run, step) -> its bytes.
    """

    name: str
    title: str
    suffix: str
    mime: str
    make: Callable[["Run", int], bytes]
    of_step: bool = False
    of_labels: bool = False


def _safetensors(run: "Run", step: int) -> bytes:
    about = {"cnnviz": run.spec.to_json(), "run": run.id, "step": str(step)}
    return save(run.folder.snapshot(step), metadata=about)


def versions() -> dict[str, str]:
    """What the numbers of a run depend on, beside its settings."""
    from cnnviz import __version__

    return {
        "cnnviz": __version__,
        "torch": torch.__version__,
        "Python": platform.python_version(),
        "machine": platform.machine(),
    }


def run_code(run: "Run", weights: str = "") -> str:
    """The training of a run as far as it has come, knobs turned in mid-run and all."""
    status = run.status
    steps = None if status.step == status.total_steps else status.step
    return training_code(run.spec, run.folder.changes(), steps, weights)


def rate_at(run: "Run", step: int) -> float:
    """The learning rate of the step after ``step``, with what was set by hand."""
    by_hand = [
        change.value
        for change in run.folder.changes()
        if change.knob == "learning_rate" and change.step <= step
    ]
    if by_hand and by_hand[-1] is not None:
        return by_hand[-1]
    total = max(1, run.total_steps)
    return run.spec.base_learning_rate * SCHEDULES[run.spec.schedule].factor(step / total)


def _about(run: "Run") -> str:
    return f"cnnviz: run {run.id}, step {run.step_count} of {run.total_steps}. Made with " + ", ".join(
        f"{name} {version}" for name, version in versions().items()
    )


def _script(run: "Run", _: int) -> bytes:
    return f"# {_about(run)}\n\n{run_code(run, 'weights.safetensors')}".encode()


def _cells(code: str) -> list[str]:
    """A script cut at its empty lines; what is indented stays with what stands above it."""
    cells: list[str] = []
    for part in code.split("\n\n"):
        if cells and (part.startswith((" ", "\n")) or not part.strip()):
            cells[-1] += f"\n\n{part}"
        else:
            cells.append(part)
    return [cell.strip("\n") for cell in cells if cell.strip()]


def _notebook(run: "Run", _: int) -> bytes:
    import nbformat
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    measured = [metric for metric in run.metrics() if metric.val_accuracy is not None]
    score = TASKS[run.spec.task].score_name
    reached = (
        f" The run reached **{measured[-1].val_accuracy:.2%}** on the test images ({score})."
        if measured
        else ""
    )
    settings = "\n".join(
        f"| {name} | {value} |"
        for name, value in run.spec.to_dict().items()
        if name not in ("version", "network")
    )
    seen = "".join(
        f"Training images from step {one.step} on: SHA-256 `{one.digest}`.\n\n" for one in run.data_seen
    )
    words = (
        f"# {run.spec.network_name} on {run.spec.dataset}\n\n{_about(run)}.\n\n"
        f"These cells make the run again, to the bit on the same kind of machine.{reached}\n\n{seen}"
        f"| setting | value |\n|---|---|\n{settings}"
    )
    cells = [new_markdown_cell(words), *map(new_code_cell, _cells(run_code(run)))]
    notebook = new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    nbformat.validate(notebook)
    return nbformat.writes(notebook).encode()


def _csv(run: "Run", _: int) -> bytes:
    metrics = run.metrics()
    layers = list(dict.fromkeys(layer for metric in metrics for layer in metric.gradient_norm))
    plain = (
        "step",
        "epoch",
        "images",
        "seconds",
        "loss",
        "accuracy",
        "val_loss",
        "val_accuracy",
        "learning_rate",
    )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*plain, *(f"gradient_norm {layer}" for layer in layers)])
    for metric in metrics:
        writer.writerow(
            [
                *(getattr(metric, name) for name in plain),
                *(metric.gradient_norm.get(layer, "") for layer in layers),
            ]
        )
    return text.getvalue().encode()


def _html(run: "Run", step: int) -> bytes:
    module, function = REPORT
    page: str = getattr(importlib.import_module(module), function)(run, step)
    return page.encode()


def _onnx(run: "Run", step: int) -> bytes:
    for package in ("onnx", "onnxscript"):
        if importlib.util.find_spec(package) is None:
            raise CnnvizError(
                "ONNX needs two more packages. Run: pip install -r requirements-onnx.txt, then try again."
            )
    network = run.network(step)
    image = torch.zeros(2, *network.input_shape)
    program: Any = torch.onnx.export(
        network,
        (image,),
        input_names=["images"],
        output_names=["logits"],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        dynamo=True,
        verbose=False,
    )
    model = program.model_proto
    for name, value in (
        ("classes", json.dumps(run.spec.entry.classes)),
        ("run", run.id),
        ("step", str(step)),
    ):
        entry = model.metadata_props.add()
        entry.key, entry.value = name, value
    content: bytes = model.SerializeToString()
    return content


EXPORTS: dict[str, Export] = {
    entry.name: entry
    for entry in (
        Export(
            "safetensors", "Weights", "safetensors", "application/octet-stream", _safetensors, of_step=True
        ),
        Export("script", "PyTorch script", "py", "text/x-python", _script),
        Export("notebook", "Notebook", "ipynb", "application/x-ipynb+json", _notebook),
        Export("csv", "Curves", "csv", "text/csv", _csv),
        Export("html", "Report", "html", "text/html", _html, of_step=True, of_labels=True),
        Export("onnx", "ONNX", "onnx", "application/octet-stream", _onnx, of_step=True),
    )
}


def export(run: "Run", kind: str, step: int | None = None) -> bytes:
    """See ``Run.export``."""
    if kind not in EXPORTS:
        raise CnnvizError(
            say(
                "There is no export '{kind}'. Choose one of: {exports}.",
                kind=kind,
                exports=", ".join(EXPORTS),
            )
        )
    if EXPORTS[kind].of_labels and not TASKS[run.spec.task].labels:
        known = ", ".join(name for name, one in EXPORTS.items() if not one.of_labels)
        raise CnnvizError(
            say(
                "The {kind} export goes with classes of whole images. Choose one of: {known}.",
                kind=kind,
                known=known,
            )
        )
    steps = run.steps
    if not steps:
        raise CnnvizError("This run has not started yet, so there is nothing to take away. Wait a moment.")
    if step is not None and step not in steps:
        raise CnnvizError(
            say("The weights of step {step} were not kept. Choose one of the steps in the slider.", step=step)
        )
    return EXPORTS[kind].make(run, steps[-1] if step is None else step)
