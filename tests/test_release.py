"""What is built can be installed and started, without the checkout."""

import re
import tomllib
from pathlib import Path

import yaml

import cnnviz
from cnnviz.ui.lectures import bundled, read_lecture
from tools.release import ROOT, build, check, install


def test_the_wheel_is_installed_and_started(tmp_path: Path) -> None:
    wheel = build(tmp_path / "dist")["wheel"]
    found = check(install(wheel, tmp_path / "environment"), tmp_path)
    assert found.version == cnnviz.__version__
    assert found.package.is_relative_to(tmp_path)
    assert found.app == found.package.parent / "app"
    assert found.images == 4000
    assert found.accuracy > 0.97
    assert found.page == "Pooling"
    assert found.lectures == {
        name: len(read_lecture(file.read_text()).slides) for name, file in bundled().items()
    }
    assert len(found.lectures) >= 2


def test_every_folder_of_pages_travels_in_the_wheel() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    for folder in {path.parent for path in (ROOT / "pages").rglob("*.py")}:
        name = ".".join(("cnnviz.app", *folder.relative_to(ROOT).parts))
        assert name in told["packages"]
        assert told["package-dir"][name] == folder.relative_to(ROOT).as_posix()


def test_the_app_asks_for_the_same_versions_everywhere() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["app"]
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pinned = [line for line in lines if line and not line.startswith(("#", "-r"))]
    assert [one.replace("'", '"') for one in told] == pinned


def test_the_citation_names_this_version() -> None:
    told = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert told["cff-version"] == "1.2.0"
    assert {"message", "title", "authors", "version", "date-released", "license", "type"} <= set(told)
    assert told["version"] == cnnviz.__version__
    assert all("name" in author or "family-names" in author for author in told["authors"])
    assert told["license"] == "MIT"


def test_the_changelog_has_this_version_and_only_the_usual_headings() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[(.+?)\]", text, re.MULTILINE)
    assert versions[0] == "Unreleased"
    assert cnnviz.__version__ in versions
    usual = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.+)$", text, re.MULTILINE)) <= usual
