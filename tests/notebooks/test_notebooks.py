"""The notebooks run from top to bottom on one core, offline, and their own checks hold."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CHAPTERS = ["1_seeing", "2_learning", "3_inside", "4_wild"]


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def said(cell: nbformat.NotebookNode) -> str:
    return "".join(output.get("text", "") for output in cell.outputs)


def test_there_is_one_for_each_chapter_and_the_demo_of_scikit_learn() -> None:
    chapters = {path.parent.name for path in (ROOT / "pages").glob("*/*.py")} - {"start", "class"}
    assert {name.partition("_")[2] for name in CHAPTERS} == chapters
    assert [path.stem for path in NOTEBOOKS] == [*CHAPTERS, "scikit_learn"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_output_is_stored(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    assert notebook.cells[0].cell_type == "markdown"
    # For Colab, and nothing that runs elsewhere.
    assert "%pip install" in code[0].source
    assert all(line.startswith("#") for line in code[0].source.splitlines())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_and_its_numbers_are_right(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    client = NotebookClient(
        read(path), timeout=600, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    done = client.execute()
    code = [cell for cell in done.cells if cell.cell_type == "code"]
    assert code[-1].source.count("assert ") >= 5
    assert said(code[-1]) == "All numbers are right.\n"
    shown = {
        kind
        for cell in code
        for output in cell.outputs
        for kind in output.get("data", {})
        if kind.startswith(("image/png", "application/vnd.plotly"))
    }
    assert "application/vnd.plotly.v1+json" in shown
