"""Images as points: near each other where a layer finds them alike."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnnviz.data import ImageDataset, loading_code
from cnnviz.errors import CnnvizError
from cnnviz.expressions import Expression, script
from cnnviz.features.batches import as_floats, images_at_once
from cnnviz.inspection import runner_of
from cnnviz.words import say

Progress = Callable[[float], None]
WAYS = {"pca": "PCA, at once", "tsne": "t-SNE, keeps neighbours"}
LARGE = 4096
NEIGHBOURS = 5


def layer_features(
    model: nn.Module, layer: str, images: Tensor, batch: int | None = None, progress: Progress | None = None
) -> Tensor:
    """(N, D), on the CPU: a layer's values as one vector an image; maps with more than 4096 values in all are
    averaged to at most 4×4 first.

    Args:
        images: (N, C, H, W) float in [0, 1], or uint8.
        batch: so many at once; usually as many as is quickest for their size.
    """
    runner = runner_of(model)
    network = runner.cut(layer)
    batch = batch or images_at_once(images, 250)
    found = []
    with torch.inference_mode():
        for start in range(0, len(images), batch):
            if progress:
                progress(start / len(images))
            values = network(as_floats(images[start : start + batch].to(runner.device)))
            if values.dim() == 4 and values[0].numel() > LARGE:
                values = functional.adaptive_avg_pool2d(
                    values, (min(4, values.shape[2]), min(4, values.shape[3]))
                )
            found.append(values.flatten(1).to("cpu", copy=True))
    return torch.cat(found)


def project(
    features: Tensor,
    way: str = "pca",
    *,
    start: Tensor | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Tensor:
    """(N, 2) points in the plane.

    Args:
        features: (N, D).
        way: a key of ``WAYS``. PCA: the two directions of largest spread. t-SNE: near points stay near, far
            ones mean little.
        seed: of what t-SNE begins with, the first layout trembling by a hundredth, and of the search for the
            largest directions in wide features.
        start: (N, 2) an earlier layout of the same images; the new one is turned to it (PCA), or begins from
            it (t-SNE), so that points keep their place.

    Raises:
        CnnvizError: too few images, or features that are all the same or not finite.

    Source: van der Maaten and Hinton, "Visualizing data using t-SNE", JMLR 2008, through openTSNE.
    """
    if way not in WAYS:
        raise CnnvizError(
            say("There is no projection '{way}'. Choose one of: {ways}.", way=way, ways=", ".join(WAYS))
        )
    if len(features) < 3:
        raise CnnvizError(
            say("{count} images are too few for a picture of points. Take 3 or more.", count=len(features))
        )
    if not features.isfinite().all():
        raise CnnvizError(
            "This layer gives values that are not finite. Choose an earlier step of the training."
        )
    centred = (features - features.mean(0)).double()
    if centred.abs().max() < 1e-9:
        raise CnnvizError(
            "This layer gives the same values for all images, so there is nothing to tell apart. Choose another layer or a later step."
        )
    if way == "pca":
        points = _principal(centred, torch.Generator().manual_seed(seed))
        return points if start is None else _turned_to(points, start)
    return _neighbours_kept(centred, start, seed, progress)


def _largest_directions(centred: Tensor, count: int, rounds: int, generator: torch.Generator) -> Tensor:
    """(D, count) orthonormal: close to the directions of largest spread, by subspace iteration from random
    ones.

    Source: Halko, Martinsson and Tropp, "Finding structure with randomness", SIAM Review 2011, algorithm 4.4;
        ``torch.pca_lowrank`` is the same
    with torch's shared generator.
    """
    count = min(count, *centred.shape)
    found = torch.linalg.qr(
        centred @ torch.randn(centred.shape[1], count, generator=generator, dtype=centred.dtype)
    ).Q
    for _ in range(rounds):
        found = torch.linalg.qr(centred @ torch.linalg.qr(centred.T @ found).Q).Q
    return torch.linalg.svd(found.T @ centred, full_matrices=False)[2].T


def _principal(centred: Tensor, generator: torch.Generator) -> Tensor:
    if min(centred.shape) < 600:
        directions = torch.linalg.svd(centred, full_matrices=False)[2][:2].T
    else:
        directions = _largest_directions(centred, 2, 4, generator)
    points = centred @ directions
    if points.shape[1] < 2:
        points = torch.cat([points, torch.zeros_like(points)], 1)
    # The sign of a direction means nothing: the larger half is put on the positive side.
    signs = torch.where((points**3).sum(0) < 0, -1.0, 1.0)
    return (points * signs).float()


def _turned_to(points: Tensor, start: Tensor) -> Tensor:
    """Turned and mirrored, not stretched, to lie as near to an earlier layout as it can."""
    from scipy.linalg import orthogonal_procrustes

    middle = points - points.mean(0)
    rotation, _ = orthogonal_procrustes(middle.double().numpy(), (start - start.mean(0)).double().numpy())
    return middle @ torch.from_numpy(rotation).float()


def _neighbours_kept(centred: Tensor, start: Tensor | None, seed: int, progress: Progress | None) -> Tensor:
    from openTSNE import TSNE

    generator = torch.Generator().manual_seed(seed)
    values = centred if centred.shape[1] <= 50 else centred @ _largest_directions(centred, 50, 2, generator)
    begin = _principal(centred, generator) if start is None else start
    initial = (begin - begin.mean(0)) / begin.std(0).clamp_min(1e-9)
    if start is None:
        initial = initial + torch.randn(initial.shape, generator=generator) / 100
    total, done = (750 if start is None else 300), 0

    def called(*_: object) -> bool:
        nonlocal done
        done += 50
        if progress:
            progress(min(0.99, done / total))
        return False

    begin_at = (initial * 1e-4).double().numpy()
    fitted = TSNE(
        n_components=2,
        perplexity=min(30, (len(values) - 1) / 3),
        initialization=begin_at,
        random_state=seed,
        n_jobs=1,
        callbacks=called,
        callbacks_every_iters=50,
        early_exaggeration_iter=250 if start is None else 100,
        n_iter=500 if start is None else 200,
        neighbors="exact",
    ).fit(values.numpy())
    points = torch.from_numpy(fitted.__array__().copy()).float()
    return points if start is None else _turned_to(points, start)


@dataclass(frozen=True)
class Separation:
    """How far the classes have come apart in the layer itself, not in the picture.

    Attributes:
        neighbours: share of the 5 nearest images that have the same class; the share of the class itself if
            nothing is learned.
        spread: mean distance of two classes' centres over the mean distance of an image from its own.
    """

    neighbours: float
    spread: float


def separation(features: Tensor, labels: Tensor) -> Separation:
    """Args: features (N, D), labels (N,)."""
    distances = torch.cdist(features, features)
    distances.fill_diagonal_(float("inf"))
    nearest = distances.topk(min(NEIGHBOURS, len(features) - 1), largest=False).indices
    same = (labels[nearest] == labels[:, None]).float().mean().item()
    present = labels.unique()
    centres = torch.stack([features[labels == label].mean(0) for label in present])
    own = torch.stack(
        [
            (features[labels == label] - centre).norm(dim=1).mean()
            for label, centre in zip(present, centres, strict=True)
        ]
    ).mean()
    between = torch.pdist(centres).mean().item() if len(centres) > 1 else 0.0
    return Separation(same, between / max(own.item(), 1e-12))


def embedding_code(network: Expression, dataset: ImageDataset, count: int, layer: str, way: str) -> str:
    """Points of test images, and how far the classes are apart."""
    return script(
        f"""\
network = {network}
test = {loading_code(dataset, count)}
features = layer_features(network, "{layer}", test.floats())
points = project(features, "{way}")
print(points.shape, separation(features, test.labels))
""",
        network,
        first=(),
        load="cnnviz.data",
        layer_features="cnnviz.features",
        project="cnnviz.features",
        separation="cnnviz.features",
    )
