"""The state of the page "Kernels"."""

from cnnviz.ops.kernels import PATTERNS
from cnnviz.ui.fields import Choice, Switch, Text, titles_of
from cnnviz.ui.images import image_fields
from cnnviz.ui.kernels import kernel_fields
from cnnviz.ui.state import State


class Kernels(State, page="pages/seeing/kernels.py"):
    """A kernel, or two, on an image; and a race with the kernel inside a network."""

    first = kernel_fields("kernel", "sobel_x")
    show = Choice(
        "Show",
        {"signed": "signed", "picture": "as a picture"},
        kind="buttons",
        help="Signed: zero in the middle of the scale, so that the sign can be seen. As a picture: cut off below 0 and above 1, in grey.",
    )
    two = Switch("A second kernel beside it", help="Shows what another kernel makes of the same image.")
    images = image_fields(usual="photo")
    second = kernel_fields("second", "laplacian", needs={"two": "true"})
    answers = Choice(
        "Sorted by the answer to",
        {"none": "as listed", **titles_of(PATTERNS)},
        kind="buttons",
        help="Sorts the kernels by their strongest answer to a simple pattern, such as a vertical edge.",
    )
    frozen = Text(
        "Race",
        help="The name of a comparison of trainings that this page shows. It is set by the button that starts one.",
    )
