"""The state of the page "Kernels"."""

from cnnviz.ops.kernels import PATTERNS
from cnnviz.ui.fields import Choice, Switch, Text, titles_of
from cnnviz.ui.images import image_fields
from cnnviz.ui.kernels import kernel_fields
from cnnviz.ui.state import State


class Kernels(State, page="pages/seeing/kernels.py"):
    """A kernel, or two, on an image; and a race with the kernel inside a network."""

    first = kernel_fields("kernel", "sobel_x")
    show = Choice("Show", {"signed": "signed", "picture": "as a picture"}, kind="buttons")
    two = Switch("A second kernel beside it")
    images = image_fields(usual="photo")
    second = kernel_fields("second", "laplacian", needs={"two": "true"})
    answers = Choice("Sorted by the answer to", {"none": "as listed", **titles_of(PATTERNS)}, kind="buttons")
    frozen = Text("Race")
