"""The one way in which a page asks for an image: test set, bundled photograph, drawing, upload or camera."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import streamlit as st
from torch import Tensor

from cnnviz.data import FORMATS, PHOTOS, ImageDataset, centre_by_mass, decode, embed, fit, photo
from cnnviz.errors import CnnvizError
from cnnviz.ui.components import sketchpad
from cnnviz.ui.links import choice
from cnnviz.ui.memory import remember

SMALL = 3 * 64 * 64
"""Numbers of a picture that the code of a page may contain."""
SOURCES = {"test": "Test image", "photo": "Photo", "draw": "Draw", "upload": "Upload", "camera": "Camera"}


@dataclass(frozen=True)
class ChosenImage:
    """What the student chose.

    Attributes:
        pixels: (C, H, W) uint8, C is 1 or 3.
        what: in a few words, for captions and text alternatives.
        label: its class, where it is known.
        code: a Python expression that gives ``pixels``; a large photo of one's own is read from its file.
    """

    pixels: Tensor
    what: str
    label: int | None = None
    code: str = ""

    def edited(self, edits: Mapping[tuple[int, int, int], int], shape: tuple[int, int, int] | None = None) -> str:
        """``code`` with some (channel, row, column) changed; with ``shape``, of the picture as such a network sees it."""
        pixels = f"(fit({self.code}, {shape}) * 255).round().byte()" if shape and shape != tuple(self.pixels.shape) else self.code
        return f"with_edits({pixels}, {dict(edits)})" if edits else self.code

    def for_network(self, shape: tuple[int, int, int]) -> Tensor:
        """(C, H, W) float in [0, 1] as a network with this input shape sees it."""
        if tuple(self.pixels.shape) == shape:
            return self.pixels.float() / 255
        return remember(fit, self.pixels, shape)


def choose_image(
    test: ImageDataset | None,
    *,
    sources: Sequence[str] = tuple(SOURCES),
    default: str = "test",
    number: int = 7,
    photograph: str = "chelsea",
    prefix: str = "",
) -> ChosenImage:
    """Shows the controls and returns the image; where a file cannot be read, its sentence and the default image instead.

    In the address: ``image``, ``number``, ``photo``, ``centred``, each after ``prefix``.

    Args:
        test: the data set of "Test image"; without one there are only photographs.
    """
    names = [name for name in sources if test is not None or name not in ("test", "draw")]
    default = default if default in names else "photo"
    source = choice("Image", {name: SOURCES[name] for name in names}, f"{prefix}image", default=default, kind="buttons")
    if source == "test" and test is not None:
        wanted = st.number_input("Number of the test image", 0, len(test) - 1, number, key=f"{prefix}number", bind="query-params")
        return _test_image(test, int(wanted))
    if source == "photo":
        name = choice("Photograph", {entry.name: entry.title for entry in PHOTOS.values()}, f"{prefix}photo", default=photograph)
        st.caption(f"{PHOTOS[name].source} ({PHOTOS[name].licence})")
        return _photograph(name)
    if source == "draw" and test is not None:
        return _drawing(test.shape[1], prefix)
    if source == "upload":
        endings = [ending for group in FORMATS.values() for ending in group]
        file = st.file_uploader(f"Your photo ({', '.join(FORMATS)})", endings, key=f"{prefix}photo_file")
    else:
        file = st.camera_input("Your camera", key=f"{prefix}camera")
    if file is not None:
        try:
            pixels = _decoded(file.getvalue())
            small = pixels.numel() <= SMALL
            return ChosenImage(pixels, "your photo", code=f'embedded("{embed(pixels)}")' if small else file_code(file.name))
        except CnnvizError as error:
            st.error(str(error), icon=":material/error:")
    else:
        st.info("Until you give one, you see another image.", icon=":material/info:")
    return _photograph(photograph) if default == "photo" or test is None else _test_image(test, number)


def file_code(name: str) -> str:
    """The code that reads a picture file as the page does."""
    return f'decode(open({name!r}, "rb").read())'


@lru_cache(maxsize=4)
def _decoded(content: bytes) -> Tensor:
    return decode(content)


def _test_image(test: ImageDataset, number: int) -> ChosenImage:
    label = int(test.labels[number])
    st.caption(f"Its class: **{test.classes[label]}**")
    code = f'load("{test.name}", "test").images[{number}]'
    return ChosenImage(test.images[number], f"test image {number} of {test.name}, {test.classes[label]}", label, code)


def _photograph(name: str) -> ChosenImage:
    return ChosenImage(remember(photo, name), f"photograph: {PHOTOS[name].title}", code=f'photo("{name}")')


def _drawing(side: int, prefix: str) -> ChosenImage:
    centred = st.toggle(
        "Centre by mass, as MNIST is", value=True, key=f"{prefix}centred", bind="query-params",
        help="MNIST digits fill 20×20 pixels and sit with their centre of mass in the middle. Switch it off and draw in a corner.",
    )  # fmt: skip
    ink = sketchpad(f"{prefix}drawing")
    image = centre_by_mass(ink, side, round(side * 20 / 28)) if centred else fit((ink * 255).byte(), (1, side, side))
    pixels = (image * 255).round().byte()
    return ChosenImage(pixels, "your drawing", code=f'embedded("{embed(pixels)}")')
