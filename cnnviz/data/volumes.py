"""Volumes (D, H, W): solids that are made by a rule, and the sets of MedMNIST that are volumes, where they are here."""

from dataclasses import dataclass

import torch
from torch import Tensor

from cnnviz.data.dataset import floats
from cnnviz.data.fetch import arrays, is_downloaded
from cnnviz.data.medmnist_files import FILES
from cnnviz.data.published import CATALOGUE
from cnnviz.errors import CnnvizError
from cnnviz.words import say

SOLIDS = "solids"
SIDE = 16
COUNTS = {"train": 400, "test": 400}
SEEDS = {"train": 1, "test": 2}
CLASSES: tuple[str, ...] = (
    say("barrel"),
    say("cylinder"),
    say("opening cone"),
    say("closing cone"),
    say("hourglass"),
)
"""In the order of ``_radii``."""
NOISE = 0.2
GROUND = 0.1
VOLUME_SETS = tuple(key for key in FILES if key.endswith("3d"))
"""Keys of ``CATALOGUE``."""
VOLUME_TITLES: dict[str, str] = {
    SOLIDS: say("Solids, made by a rule"),
    **{key: CATALOGUE[key].title for key in VOLUME_SETS},
}


@dataclass(frozen=True, eq=False, repr=False)
class Volumes:
    """Volumes with labels.

    Attributes:
        name: ``"solids"``, or a key of ``VOLUME_SETS``.
        volumes: (N, D, H, W) uint8.
        labels: (N,) int64, indices into ``classes``.
        split: ``"train"`` or ``"test"``.
        made: they come from a rule, nobody measured them.
    """

    name: str
    title: str
    volumes: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    split: str = "train"
    made: bool = False

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(D, H, W) of one volume."""
        depth, height, width = self.volumes.shape[1:]
        return depth, height, width

    def floats(self, indices: Tensor | slice | list[int] = slice(None)) -> Tensor:
        """The chosen volumes as networks take them: (B, D, H, W) float32 in [0, 1]."""
        return floats(self.volumes[indices])

    def __repr__(self) -> str:
        sides = "×".join(map(str, self.shape))
        return f"Volumes({self.name} {self.split}: {len(self)} volumes {sides}, {len(self.classes)} classes)"


def load_volumes(name: str = SOLIDS, split: str = "train") -> Volumes:
    """The solids, or a set of MedMNIST that was downloaded.

    Raises:
        CnnvizError: there is no such set, it is not here, or another split than train and test.
    """
    if split not in COUNTS:
        raise CnnvizError(say("The split is '{split:.20}'. Use train or test.", split=split))
    if name == SOLIDS:
        return solids(COUNTS[split], SEEDS[split], split=split)
    if name not in VOLUME_SETS:
        raise CnnvizError(
            say(
                "There are no volumes '{name:.40}'. Choose one of: {known}.",
                name=name,
                known=", ".join((SOLIDS, *VOLUME_SETS)),
            )
        )
    if not is_here(name):
        raise CnnvizError(
            say(
                'The volumes of {title} are not on this machine. Download them on the page "Data sets".',
                title=say(VOLUME_TITLES[name]),
            )
        )
    found = arrays(name)
    return Volumes(
        name,
        VOLUME_TITLES[name],
        torch.from_numpy(found[f"{split}_volumes"]),
        torch.from_numpy(found[f"{split}_labels"]).long().flatten(),
        tuple(map(str, found["classes"])),
        split,
    )


def is_here(name: str) -> bool:
    """Whether ``load_volumes`` finds them on this machine."""
    return name == SOLIDS or (name in VOLUME_SETS and is_downloaded(name))


def solids(
    count: int, seed: int = 0, *, noise: float = NOISE, label: int | None = None, split: str = "train"
) -> Volumes:
    r"""Round solids along the depth, 16×16×16: barrel, cylinder, two cones, hourglass.

    Each slice shows a disc; the class is only how its radius changes from slice to slice:
    :math:`r(d) = r_m \, f_c(t(d)) / f_c(t(m))` with the place :math:`t \in [-1, 1]` in the solid and the middle slice m. So
    the radius of the middle slice, :math:`r_m`, is drawn alike for all classes, as are length, place, slant, brightness
    and noise: the middle slice tells nothing about the class.

    Args:
        noise: standard deviation, of values from 0 to 1.
        label: the class of all of them; else each class as often as the others, in an order drawn at random.

    Raises:
        CnnvizError: none asked for, or no such class.
    """
    if count < 1 or (label is not None and not 0 <= label < len(CLASSES)):
        raise CnnvizError(
            say("Ask for 1 solid or more, and for a class from 0 to {last}.", last=len(CLASSES) - 1)
        )
    generator = torch.Generator().manual_seed(seed)

    def drawn(low: float, high: float) -> Tensor:
        return torch.rand(count, 1, generator=generator) * (high - low) + low

    labels = (torch.arange(count) % len(CLASSES))[torch.randperm(count, generator=generator)]
    if label is not None:
        labels = torch.full_like(labels, label)
    middle = SIDE // 2
    half_length = drawn(3.0, 5.0)
    moved = drawn(-0.4, 0.4)
    radius = drawn(2.2, 4.2)
    slant_row, slant_col = drawn(-0.35, 0.35), drawn(-0.35, 0.35)
    row, col = (drawn(-2.0, 2.0) + middle - 0.5 for _ in range(2))
    brightness = drawn(0.45, 0.8)
    places = torch.arange(SIDE, dtype=torch.float32)
    along = (places - middle) / half_length - moved
    chosen = torch.arange(count), labels
    radii = radius * _radii(along)[chosen] / _radii(-moved)[chosen]
    apart = torch.hypot(
        places.view(1, 1, -1, 1) - (row + slant_row * (places - middle))[:, :, None, None],
        places.view(1, 1, 1, -1) - (col + slant_col * (places - middle))[:, :, None, None],
    )
    inside = (radii[:, :, None, None] - apart + 0.5).clamp(0, 1)
    inside *= (along.abs() <= 1)[:, :, None, None]
    values = GROUND + inside * brightness[:, :, None, None]
    values += noise * torch.randn(values.shape, generator=generator)
    volumes = (values.clamp(0, 1) * 255).round().to(torch.uint8)
    return Volumes(SOLIDS, VOLUME_TITLES[SOLIDS], volumes, labels, CLASSES, split, made=True)


def _radii(along: Tensor) -> Tensor:
    """The radius at places −1 to 1 along a solid, (N, D) -> (N, classes, D)."""
    found = (
        (1.35 - along.square()).clamp(min=0).sqrt(),
        torch.ones_like(along),
        1 + 0.6 * along,
        1 - 0.6 * along,
        0.55 + 0.65 * along.abs(),
    )
    return torch.stack(found, 1)
