"""The state of the page "Faces"."""

from cnnviz.data import DATASETS
from cnnviz.data.faces import face_sets
from cnnviz.ui.fields import Choice, Number, Real, Text, Titles
from cnnviz.ui.networks import WithNetwork
from cnnviz.words import _

HIGHEST = 1.5
"""Largest threshold on the page; at 1 two embeddings have nothing in common."""


def sets_in_menu() -> dict[str, str]:
    """Face sets, whether they are here or not, and the bundled data sets."""
    faces = {
        name: f"{_(entry.title)} ({(_('download, {megabytes:g} MB', megabytes=entry.megabytes) if entry.megabytes else _('of scikit-image'))})"
        for name, entry in face_sets().items()
    }
    return {**{name: entry.title for name, entry in DATASETS.items()}, **faces}


class Faces(WithNetwork, page="pages/wild/faces.py"):
    """Images of people or other things, a layer of a network, and from which distance on they are two."""

    people = Choice(
        "Images",
        Titles(sets_in_menu, lambda name: DATASETS[name].title),
        help="The images in which same and different pairs are searched: faces, or the images of another data set.",
    )
    layer = Choice(
        "Layer of the embedding",
        None,
        help="The layer whose output is the embedding of an image: a vector that is compared with others.",
    )
    pairs = Number(
        "Pairs of each kind",
        400,
        50,
        2000,
        50,
        help="How many pairs of the same and how many of different classes are drawn for the error rates.",
    )
    seed = Number(
        "Seed of the pairs",
        0,
        0,
        9999,
        help="The number from which the pairs are drawn. The same seed gives the same pairs.",
    )
    threshold = Real(
        "Same, if the cosine distance is at most",
        0.5,
        0.0,
        HIGHEST,
        0.001,
        slider=True,
        help="Two images count as the same from a cosine distance 1 − a·b/(|a|·|b|) of at most this. A larger one accepts more.",
    )
    portrait = Number(
        "Number of the image",
        0,
        0,
        99_999,
        help="The number of the image that is compared with all others, counted from 0.",
    )
    race = Text(
        "Training",
        help="The training run of an embedding that this page shows. It is set by the button that starts one.",
    )
