"""The one way in which a page asks for an image: test set, bundled photograph, drawing, upload or camera."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import streamlit as st
from torch import Tensor

from cnnviz.data import FORMATS, PHOTOS, ImageDataset, centre_by_mass, decode, embed, fit, loading_code, photo
from cnnviz.errors import CnnvizError
from cnnviz.expressions import Expression
from cnnviz.ui.components import sketchpad
from cnnviz.ui.fields import Choice, Number, Switch, titles_of
from cnnviz.ui.memory import remember
from cnnviz.ui.outside import plain
from cnnviz.words import _

SMALL = 3 * 64 * 64
"""Numbers of a picture that the code of a page may contain."""
SOURCES = {"test": "Test image", "photo": "Photo", "draw": "Draw", "upload": "Upload", "camera": "Camera"}


NOTHING = Expression("")


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
    code: Expression = NOTHING

    def edited(
        self, edits: Mapping[tuple[int, int, int], int], shape: tuple[int, int, int] | None = None
    ) -> Expression:
        """``code`` with some (channel, row, column) changed; with ``shape``, of the picture as such a network
        sees it.
        """
        if not edits:
            return self.code
        fits = shape is None or shape == tuple(self.pixels.shape)
        pixels = (
            self.code
            if fits
            else self.code.inside(f"(fit({{}}, {shape}) * 255).round().byte()", fit="cnnviz.data")
        )
        return pixels.inside(f"with_edits({{}}, {dict(edits)})", with_edits="cnnviz.figures")

    def for_network(self, shape: tuple[int, int, int]) -> Tensor:
        """(C, H, W) float in [0, 1] as a network with this input shape sees it."""
        if tuple(self.pixels.shape) == shape:
            return remember(_scaled, self.pixels)
        return remember(fit, self.pixels, shape)


def _scaled(pixels: Tensor) -> Tensor:
    return pixels.float() / 255


class ImageFields(NamedTuple):
    """The part of a page's state that says which image it shows."""

    image: Choice
    number: Number
    photo: Choice
    centred: Switch


def image_fields(
    *,
    sources: Sequence[str] = tuple(SOURCES),
    usual: str = "test",
    number: int = 7,
    photograph: str = "chelsea",
    prefix: str = "",
    needs: Mapping[str, str] | None = None,
) -> ImageFields:
    """Fields that all pages of a session share: ``image``, ``number``, ``photo``, ``centred``, each after
    ``prefix``.
    """

    def only(source: str) -> dict[str, str]:
        return {**(needs or {}), f"{prefix}image": source}

    return ImageFields(
        Choice(
            "Image",
            {name: SOURCES[name] for name in sources},
            usual,
            kind="buttons",
            shared=True,
            needs=needs,
            help="Where the image comes from: the test set, a bundled photograph, your drawing, a file, or the camera.",
        ).named(f"{prefix}image"),
        Number(
            "Number of the test image",
            number,
            0,
            99_999,
            shared=True,
            needs=only("test"),
            help="The place of the image in the test set, counted from 0. The network has not learned from it.",
        ).named(f"{prefix}number"),
        Choice(
            "Photograph",
            titles_of(PHOTOS),
            photograph,
            shared=True,
            needs=only("photo"),
            help="A photograph that comes with the app; its source and licence stand below.",
        ).named(f"{prefix}photo"),
        Switch(
            "Centre by mass, as MNIST is",
            True,
            shared=True,
            needs=only("draw"),
            help="MNIST digits fill 20×20 pixels and sit with their centre of mass in the middle. Switch it off and draw in a corner.",
        ).named(f"{prefix}centred"),
    )


def choose_image(test: ImageDataset | None, fields: ImageFields) -> ChosenImage:
    """Shows the controls and returns the image; where a file cannot be read, its sentence and the usual image
    instead.

    Args:
        test: the data set of "Test image"; without one there are only photographs.
    """
    titles = {
        name: title
        for name, title in (fields.image.titles or {}).items()
        if test is not None or name not in ("test", "draw")
    }
    usual = fields.image.usual if fields.image.usual in titles else "photo"
    prefix = fields.image.name.removesuffix("image")
    source = fields.image.draw(titles=titles, usual=usual)
    if source == "test" and test is not None:
        return _test_image(test, fields.number.draw(high=len(test) - 1))
    if source == "photo":
        name = fields.photo.draw()
        st.caption(f"{PHOTOS[name].source} ({_(PHOTOS[name].licence)})")
        return _photograph(name)
    if source == "draw" and test is not None:
        return _drawing(test.shape[1], fields.centred.draw(), prefix)
    if source == "upload":
        endings = [ending for group in FORMATS.values() for ending in group]
        file = st.file_uploader(
            _("Your photo ({formats})", formats=", ".join(FORMATS)),
            endings,
            key=f"{prefix}photo_file",
            help=_("A photograph of your own; it is only used on this page and is not stored."),
        )
    else:
        file = st.camera_input(
            _("Your camera"),
            key=f"{prefix}camera",
            help=_("A shot of the camera; it is only used on this page and is not stored."),
        )
    if file is not None:
        try:
            pixels = _decoded(file.getvalue())
            small = pixels.numel() <= SMALL
            return ChosenImage(
                pixels, _("your photo"), code=_embedded(pixels) if small else file_code(file.name)
            )
        except CnnvizError as error:
            st.error(plain(error), icon=":material/error:")
    else:
        st.info(_("Until you give one, you see another image."), icon=":material/info:")
    return (
        _photograph(fields.photo.usual)
        if usual == "photo" or test is None
        else _test_image(test, fields.number.usual)
    )


def file_code(name: str) -> Expression:
    """The code that reads a picture file as the page does."""
    return Expression(f'decode(open({name!r}, "rb").read())', {"decode": "cnnviz.data"})


def _embedded(pixels: Tensor) -> Expression:
    return Expression(f'embedded("{embed(pixels)}")', {"embedded": "cnnviz.data"})


@lru_cache(maxsize=4)
def _decoded(content: bytes) -> Tensor:
    return decode(content)


def _test_image(test: ImageDataset, number: int) -> ChosenImage:
    label = int(test.labels[number])
    st.caption(_("Its class: **{class_name}**", class_name=plain(test.classes[label])))
    code = Expression(f"{loading_code(test)}.images[{number}]", {"load": "cnnviz.data"})
    return ChosenImage(
        test.images[number],
        _(
            "test image {number} of {name}, {class_name}",
            number=number,
            name=test.name,
            class_name=test.classes[label],
        ),
        label,
        code,
    )


def _photograph(name: str) -> ChosenImage:
    return ChosenImage(
        remember(photo, name),
        _("photograph: {title}", title=_(PHOTOS[name].title)),
        code=Expression(f'photo("{name}")', {"photo": "cnnviz.data"}),
    )


def _drawing(side: int, centred: bool, prefix: str) -> ChosenImage:
    ink = sketchpad(f"{prefix}drawing")
    image = (
        centre_by_mass(ink, side, round(side * 20 / 28))
        if centred
        else fit((ink * 255).byte(), (1, side, side))
    )
    pixels = (image * 255).round().byte()
    return ChosenImage(pixels, _("your drawing"), code=_embedded(pixels))
