"""A 5×5 kernel on a 1-megapixel photograph: from the typed number to the new picture on the screen, against
SciPy's filter alone.
"""

import io
import time

import numpy as np
from PIL import Image
from scipy import ndimage

from benchmarks._app import browsing, percentile, serving
from cnnviz.data import photo
from cnnviz.ops.kernels import grey, kernel

TURNS = 15
LISTEN = """picture => {
  document.addEventListener("keydown", (event) => { if (event.key === "Enter") window.pressed = event.timeStamp; }, true);
  picture.addEventListener("load", () => requestAnimationFrame(() => { window.shown = performance.now(); }));
}"""
"""Taken in the browser: from the key's event to the first frame after the new picture is decoded."""


def megapixel() -> bytes:
    pixels = photo("hubble").permute(1, 2, 0).numpy()
    buffer = io.BytesIO()
    Image.fromarray(pixels).resize((1000, 1000)).save(buffer, "PNG")
    return buffer.getvalue()


def scipy_alone(content: bytes) -> float:
    image = np.asarray(Image.open(io.BytesIO(content)).convert("L"), dtype=np.float32) / 255
    weights = kernel("sobel_x", 5).numpy()
    times = []
    for _ in range(TURNS):
        started = time.perf_counter()
        ndimage.correlate(image, weights, mode="nearest")
        times.append(time.perf_counter() - started)
    return percentile(times, 0.5)


def main() -> None:
    content = megapixel()
    assert grey(photo("hubble").float()).shape[0] == 1
    alone = scipy_alone(content)
    with serving() as (address, _), browsing() as page:
        page.goto(f"{address}/kernels?image=upload&kernel=own&kernel_side=5")
        page.locator("input[type=file]").set_input_files(
            {"name": "photo.png", "mimeType": "image/png", "buffer": content}
        )
        page.get_by_text("your photo, as brightness").wait_for()
        page.wait_for_timeout(4000)
        picture = page.get_by_role("img", name="own numbers: what you typed").locator("img")
        cell = page.get_by_label("Your numbers, row 0, column 0", exact=True)
        picture.evaluate(LISTEN)
        times = []
        for turn in range(TURNS):
            cell.fill(str(turn + 2))
            page.evaluate("window.shown = null")
            cell.press("Enter")
            page.wait_for_function("window.shown !== null")
            times.append(page.evaluate("window.shown - window.pressed") / 1000)
            page.wait_for_timeout(600)
    shown = percentile(times, 0.5)
    print(
        f"typed number to picture: {shown * 1000:.0f} ms, SciPy's filter alone {alone * 1000:.0f} ms: ratio {shown / alone:.1f}, "
        f"overhead {(shown - alone) * 1000:.0f} ms (goal: 150)"
    )


if __name__ == "__main__":
    main()
