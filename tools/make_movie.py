"""The pictures of the README, taken from the real app in Chromium.

    python -m tools.make_movie             # docs/pictures: the moving picture and the screenshots
    python -m tools.make_movie --movie     # only the moving picture

Scenes and screenshots are states of pages, so what changes on a page changes here by running it again.
"""

import argparse
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, expect, sync_playwright

from cnnviz.ui.state import State
from cnnviz.ui.states.convolution import Convolution
from cnnviz.ui.states.feature_maps import FeatureMaps
from cnnviz.ui.states.mistakes import Mistakes
from cnnviz.ui.states.saliency import Saliency
from cnnviz.ui.states.training_lab import TrainingLab
from tools.release import ROOT, started

PICTURES = ROOT / "docs" / "pictures"
WINDOW = (1366, 768)
MOVIE_WINDOW = (1600, 900)
MOVIE = (800, 450)
COLOURS = 96
MOST_BYTES = 1_500_000
PATIENCE = 120_000
SCREENSHOTS: dict[str, State] = {
    "convolution.png": Convolution(),
    "training_lab.png": TrainingLab(run="example"),
    "saliency.png": Saliency(
        network="efficientnet_lite0", image="photo", photo="chelsea", methods=("grad_cam", "occlusion")
    ),
    "mistakes.png": Mistakes(run="example", view="cell", true="4", predicted="9"),
}
STEPS = (0, 4, 8, 16, 32, 63, 124, 247, 624)
"""The saved steps of the example training that the moving picture shows."""
Frame = tuple[bytes, int]
"""A screenshot, and for how many milliseconds it stands."""


def at_rest(page: Page) -> None:
    """Waits until no script runs and all components and pictures are there."""
    expect(page.get_by_role("heading").first).to_be_visible(timeout=PATIENCE)
    running = "[data-testid=stApp][data-test-script-state=notRunning]"
    expect(page.locator(running)).to_be_attached(timeout=PATIENCE)
    for still in ("[data-stale=true]", "[data-testid=stSkeleton]", ".root:not([data-ready])"):
        expect(page.locator(still)).to_have_count(0, timeout=PATIENCE)
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0, timeout=PATIENCE)
    page.wait_for_load_state("networkidle")


def still(page: Page) -> bytes:
    """A screenshot that stays the same for a second: what draws itself is ready then."""
    shot, same = page.screenshot(), 0
    while same < 4:
        page.wait_for_timeout(250)
        at_rest(page)
        new = page.screenshot()
        shot, same = new, same + 1 if new == shot else 0
    return shot


def go(page: Page, address: str, state: State) -> None:
    page.goto(f"{address}/{state.link()}")
    at_rest(page)


def to_the_top(what: Locator) -> None:
    """Scrolls until it stands at the top of the window."""
    what.evaluate("it => it.scrollIntoView({block: 'start'})")


def stepping(page: Page, address: str) -> Iterator[Frame]:
    """The lecture's convolution, sum by sum."""
    go(page, address, Convolution(projector=True))
    play = page.get_by_role("group", name="Step by step").first
    for number in range(9):
        yield still(page), 350 if number < 8 else 900
        play.get_by_role("button", name="Step forward").click()


def learning(page: Page, address: str) -> Iterator[Frame]:
    """The kernels of a training, from noise to strokes."""
    for step in STEPS:
        go(page, address, TrainingLab(run="example", step=step, projector=True))
        to_the_top(page.get_by_text("Point at a curve for its values").first)
        yield still(page), 300 if step != STEPS[-1] else 1200


def following(page: Page, address: str) -> Iterator[Frame]:
    """A value of a map, the sum that made it, and its way back to the pixels."""
    for layer in ("conv2", "pool1", "conv1"):
        go(page, address, FeatureMaps(run="example", layer=layer, map=1, projector=True))
        to_the_top(page.get_by_role("heading", name=f"{layer}, map 1"))
        yield still(page), 1200


SCENES: tuple[Callable[[Page, str], Iterator[Frame]], ...] = (stepping, learning, following)


def movie(page: Page, address: str) -> None:
    """Writes ``movie.gif``."""
    frames = [frame for scene in SCENES for frame in scene(page, address)]
    pictures = [
        Image.open(io.BytesIO(shot)).convert("RGB").resize(MOVIE, Image.Resampling.LANCZOS)
        for shot, _ in frames
    ]
    # One table of colours for all pictures: what stays the same needs no bytes then.
    sheet = Image.new("RGB", (MOVIE[0], MOVIE[1] * len(SCENES)))
    for place, number in enumerate((4, len(pictures) - 8, len(pictures) - 1)):
        sheet.paste(pictures[number], (0, MOVIE[1] * place))
    table = sheet.quantize(COLOURS)
    drawn = [picture.quantize(palette=table, dither=Image.Dither.NONE) for picture in pictures]
    path = PICTURES / "movie.gif"
    drawn[0].save(
        path,
        save_all=True,
        append_images=drawn[1:],
        duration=[length for _, length in frames],
        loop=0,
        optimize=True,
    )
    size = path.stat().st_size
    print(f"{path.name}: {len(frames)} pictures, {size / 1e6:.2f} MB")
    assert size < MOST_BYTES, "Fewer pictures or colours: a README is loaded on a telephone, too."


def screenshots(page: Page, address: str) -> None:
    """Writes the four pictures of pages."""
    for name, state in SCREENSHOTS.items():
        go(page, address, state)
        shot = Image.open(io.BytesIO(still(page))).convert("RGB")
        shot.save(PICTURES / name, optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--movie", action="store_true", help="only the moving picture")
    only_movie = parser.parse_args().movie
    PICTURES.mkdir(parents=True, exist_ok=True)
    chromium = os.environ.get("CNNVIZ_CHROMIUM") or shutil.which("chromium")
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "explorer_app.py")]
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        folder = Path(place)
        environment = {**os.environ, "CNNVIZ_HOME": str(folder), "PYTHONPATH": str(ROOT)}
        with started(command, folder, environment) as address:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page(
                viewport={"width": WINDOW[0], "height": WINDOW[1]}, reduced_motion="reduce"
            )
            page.set_default_timeout(PATIENCE)
            page.set_viewport_size({"width": MOVIE_WINDOW[0], "height": MOVIE_WINDOW[1]})
            movie(page, address)
            page.set_viewport_size({"width": WINDOW[0], "height": WINDOW[1]})
            if not only_movie:
                screenshots(page, address)
            browser.close()


if __name__ == "__main__":
    main()
