"""The state of the page "Flatten, fully connected, softmax"."""

from cnnviz.data import DATASETS
from cnnviz.ui.fields import Choice, Number, Real
from cnnviz.ui.images import image_fields
from cnnviz.ui.state import State

DIGITS = {name: name for name in DATASETS["mnist"].classes}


class FullyConnected(State, page="pages/seeing/fully_connected.py"):
    """What is flattened; the class whose weights are looked at; what is done to its logit."""

    block = Choice(
        "Flatten",
        {"image": "an image, 32×32×3 → 3072", "maps": "maps of a deep layer, 2×2×128 → 512"},
        kind="buttons",
        help="The values that become one long vector: H·W·C numbers, row by row.",
    )
    place = Number(
        "Begin at place", 0, 0, 3071, help="The place in the vector that is marked first, counted from 0."
    )
    images = image_fields(sources=("test", "draw", "upload"))
    class_ = Choice(
        "Class",
        DIGITS,
        "3",
        help="The class whose weights are shown as an image: its logit is z = Σ w·x + b.",
    ).named("class")
    temperature = Real(
        "Temperature T",
        1.0,
        0.1,
        10.0,
        0.1,
        slider=True,
        help="Softmax divides all logits by T: pᵢ = exp(zᵢ/T) / Σ exp(zⱼ/T). Large T makes the answers more equal.",
    )
    true = Choice(
        "True class",
        DIGITS,
        "3",
        help="The class that the image has. Loss E = −ln p of it; gradient of the logits: p − y.",
    )
    move = Real(
        "Move the logit by",
        0.0,
        -10.0,
        10.0,
        0.5,
        slider=True,
        help="Adds this number to the logit of the true class, to see how loss and probabilities follow.",
    )
