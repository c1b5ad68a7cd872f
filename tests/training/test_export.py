"""What is taken away runs by itself, and gives the numbers of the run."""

import csv
import io
import json
import re
import subprocess
import sys
import time
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import numpy as np
import onnxruntime
import pytest
import torch
from nbclient import NotebookClient
from safetensors import safe_open
from safetensors.torch import load_file

from cnnviz.data import load
from cnnviz.errors import CnnvizError
from cnnviz.models import PRESETS
from cnnviz.training import EXPORTS, Run, TrainingSpec, bring, evaluate, start
from cnnviz.words import in_language
from tests import pseudo

SPEC = TrainingSpec(
    "mnist", "fast", 2, limit=600, batch_size=64, augmentation="crop", classes=("2", "5", "7"), seed=4
)
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def run() -> Run:
    """A run in which knobs were turned."""
    made = start(replace(SPEC, epochs=30))
    made.pause()
    while made.state != "paused":
        time.sleep(0.01)
    made.step(2)
    made.set(learning_rate=0.02, weight_decay=0.01, clip=1.0)
    made.step(3)
    made.set(l1=1e-4, label_smoothing=0.0, clip=None)
    made.step(4)
    made.stop()
    return made


def accuracy(run: Run) -> float:
    return evaluate(run.network(run.steps[-1]), run.spec.load("test")).accuracy


def test_the_weights_are_those_of_the_step(run: Run, tmp_path: Path) -> None:
    for step in (run.steps[0], run.steps[-1]):
        path = tmp_path / f"{step}.safetensors"
        path.write_bytes(run.export("safetensors", step))
        found, own = load_file(path), run.folder.snapshot(step)
        assert found.keys() == own.keys()
        assert all(torch.equal(found[name], own[name]) for name in own)
        with safe_open(path, "pt") as file:
            assert TrainingSpec.from_json(file.metadata()["cnnviz"]) == run.spec
            assert file.metadata()["step"] == str(step)


def test_the_script_makes_the_same_weights_and_says_the_same_accuracy(run: Run, tmp_path: Path) -> None:
    (tmp_path / "run.py").write_bytes(run.export("script"))
    ended = subprocess.run(
        [sys.executable, "run.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT)},
    )
    assert ended.stdout == f"test accuracy {accuracy(run):.2%}\n"
    own = run.network(run.steps[-1])
    made = bring((tmp_path / "weights.safetensors").read_bytes(), run.spec).network(0)
    for ours, theirs in zip(own.parameters(), made.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_the_notebook_runs_and_says_the_same_accuracy(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = nbformat.reads(run.export("notebook").decode(), as_version=4)
    nbformat.validate(notebook)
    assert len([cell for cell in notebook.cells if cell.cell_type == "code"]) > 3
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    done = NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    said = "".join(
        output.get("text", "") for cell in done.cells if cell.cell_type == "code" for output in cell.outputs
    )
    assert f"test accuracy {accuracy(run):.2%}" in said


def test_the_curves_are_the_records(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run.export("csv").decode())))
    metrics = run.metrics()
    assert [int(row["step"]) for row in rows] == [metric.step for metric in metrics]
    assert float(rows[-1]["loss"]) == metrics[-1].loss
    assert float(rows[-1]["gradient_norm conv1"]) == metrics[-1].gradient_norm["conv1"]
    assert float(rows[-1]["learning_rate"]) == 0.02


class _Page(HTMLParser):
    """What a page loads, and its words."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.words = ""
        self.alternatives: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.sources += [given[name] or "" for name in ("src", "href") if name in given]
        if tag == "img":
            self.alternatives.append(given.get("alt") or "")

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_report_is_one_file_with_everything(run: Run) -> None:
    page = _Page()
    page.feed(run.export("html").decode())
    assert page.sources
    assert all(source.startswith("data:image/png;base64,") for source in page.sources)
    assert page.tags.count("svg") == 2
    assert all(page.alternatives)
    assert f"{accuracy(run):.2%}" in page.words
    for word in (run.id, "seed", torch.__version__, "conv1", "augmentation", "torch.manual_seed(4)"):
        assert word in page.words


def test_the_report_is_in_the_language_of_whoever_takes_it(run: Run) -> None:
    pseudo.install()
    with in_language(pseudo.NAME):
        html = run.export("html").decode()
    page = _Page()
    page.feed(html)
    assert f'<html lang="{pseudo.NAME}">' in html
    prose = re.findall(r"<(?:h1|h2|p|th|text|title)\b[^>]*>(.*?)</", html, re.DOTALL)
    assert len(prose) > 20
    own = {run.id, run.spec.network_name, "conv1", "MNIST"}
    said = [text for text in (*prose, *page.alternatives) if text not in own]
    assert not [text for text in said if [word for word in pseudo.unsaid(text).split() if word not in own]]


def test_a_name_with_a_script_stays_text() -> None:
    other = start(replace(SPEC, epochs=1, network=replace(PRESETS["tiny"], name="<script>alert(1)</script>")))
    assert other.wait(60) == "finished"
    page = _Page()
    page.feed(other.export("html").decode())
    assert "script" not in page.tags
    assert "<script>alert(1)</script>" in page.words
    assert re.fullmatch(r"[a-z0-9-]+", other.id)


def test_onnx_gives_the_same_logits_for_any_batch(run: Run) -> None:
    session = onnxruntime.InferenceSession(run.export("onnx"))
    network, images = run.network(run.steps[-1]), load("mnist", "test", 7).floats()
    for count in (1, 7):
        (logits,) = session.run(None, {"images": images[:count].numpy()})
        with torch.inference_mode():
            np.testing.assert_allclose(logits, network(images[:count]).numpy(), rtol=1e-3, atol=1e-4)
    meta = session.get_modelmeta().custom_metadata_map
    assert json.loads(meta["classes"]) == ["2", "5", "7"]


def test_what_cannot_be_taken_away_is_a_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CnnvizError, match=r"There is no export 'pdf'. Choose one of: safetensors, script"):
        run.export("pdf")
    with pytest.raises(CnnvizError, match="step 999"):
        run.export("safetensors", 999)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(CnnvizError, match=r"requirements-onnx.txt"):
        run.export("onnx")
    assert {entry.name for entry in EXPORTS.values()} == {
        "safetensors",
        "script",
        "notebook",
        "csv",
        "html",
        "onnx",
    }
