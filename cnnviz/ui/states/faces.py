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

    people = Choice("Images", Titles(sets_in_menu, lambda name: DATASETS[name].title))
    layer = Choice("Layer of the embedding", None)
    pairs = Number("Pairs of each kind", 400, 50, 2000, 50)
    seed = Number("Seed of the pairs", 0, 0, 9999)
    threshold = Real("Same, if the cosine distance is at most", 0.5, 0.0, HIGHEST, 0.001, slider=True)
    portrait = Number("Number of the image", 0, 0, 99_999)
    race = Text("Training")
