"""The package as a notebook meets it."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run_python(code: str, *options: str) -> str:
    return subprocess.run(
        [sys.executable, *options, "-c", code], capture_output=True, text=True, check=True
    ).stdout


def test_import_needs_no_streamlit() -> None:
    code = (
        "import sys; sys.modules['streamlit'] = None\n"
        "import cnnviz, cnnviz.data, cnnviz.models, cnnviz.training, cnnviz.features, cnnviz.figures, cnnviz.saliency\n"
        "print(cnnviz.__version__)"
    )
    assert run_python(code).strip() == "0.1.0"


def test_import_loads_nothing_heavy_beside_torch() -> None:
    code = (
        "import sys, cnnviz.training, cnnviz.features, cnnviz.figures\n"
        "print([name for name in ('torchvision', 'captum', 'sklearn', 'plotly', 'pandas') if name in sys.modules])"
    )
    assert run_python(code).strip() == "[]"


def test_torchvision_imports_beside_this_torch() -> None:
    code = "from cnnviz.vision import torchvision; print(len(torchvision().models.ResNet18_Weights.DEFAULT.meta['categories']))"
    assert run_python(code).strip() == "1000"


def test_a_plain_script_without_main_guard_can_train(tmp_path) -> None:
    script = tmp_path / "train.py"
    script.write_text(
        "from cnnviz.training import TrainingSpec, start\n"
        "run = start(TrainingSpec('digits', 'tiny', epochs=1))\n"
        "print(run.wait(60))\n"
    )
    from cnnviz.subprocesses import python_environment

    answer = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        env=python_environment(),
        cwd=tmp_path,
        check=True,
    )
    assert answer.stdout.strip() == "finished"


def test_every_bundled_run_travels_in_the_installed_package() -> None:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    for folder in (ROOT / "assets" / "runs").iterdir():
        assert f"cnnviz.assets.runs.{folder.name}" in packages
        assert f"cnnviz.assets.runs.{folder.name}.snapshots" in packages


def test_every_room_travels_in_the_installed_package() -> None:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    rooms = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "cnnviz").rglob("__init__.py")}
    assets = {
        ".".join(("cnnviz", *path.parent.relative_to(ROOT).parts))
        for path in (ROOT / "assets").rglob("*")
        if path.is_file()
    }
    assert rooms | assets <= set(packages)
