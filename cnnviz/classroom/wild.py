"""Questions of the chapter "In the wild": boxes, masks, precision and recall, cheap layers, clean splits."""

import random

import torch

from cnnviz.classroom.asking import Grid, Place, Question, Redraw, asks, choice, number, number_text
from cnnviz.ops.boxes import box_iou, nms
from cnnviz.ops.convolution import output_size
from cnnviz.ops.layer_cost import layer_cost
from cnnviz.ops.masks import mean_iou
from cnnviz.words import say

DETECTION = "pages/wild/detection.py"
SEGMENTATION = "pages/wild/segmentation.py"
FACES = "pages/wild/faces.py"
DATASETS = "pages/wild/datasets.py"
ARCHITECTURES = "pages/wild/architectures.py"
WINDOW = "pages/wild/sliding_window.py"
BOX_HEADS = ("x1", "y1", "x2", "y2")


def _box(draw: random.Random, most: int = 10) -> list[float]:
    left, top = draw.randint(0, most - 3), draw.randint(0, most - 3)
    return [float(left), float(top), float(draw.randint(left + 2, most)), float(draw.randint(top + 2, most))]


def _area(box: list[float]) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


@asks("iou", "The IoU of two boxes", DETECTION, "choice")
def iou(draw: random.Random) -> Question:
    first, second = _box(draw), _box(draw)
    right = float(box_iou(torch.tensor([first]).double(), torch.tensor([second]).double()))
    if not 0.05 < right < 0.95:
        raise Redraw
    both = right * (_area(first) + _area(second)) / (1 + right)

    def share(value: float) -> str:
        return f"{value:.3f}"

    return choice(
        draw,
        say("Two boxes, as left, top, right and bottom. What is their intersection over union?"),
        share(right),
        [
            (
                share(both / (_area(first) + _area(second))),
                say("counted the overlap twice"),
                say("The union is the sum of both areas minus the overlap."),
            ),
            (
                share(both / min(_area(first), _area(second))),
                say("divided by the smaller box"),
                say("The overlap is divided by the union of both boxes, not by one of them."),
            ),
            (
                share(both / max(_area(first), _area(second))),
                say("divided by the larger box"),
                say("The overlap is divided by the union of both boxes, not by one of them."),
            ),
            (
                share(1 - right),
                say("turned around"),
                say("This is what is left when the IoU is taken from 1."),
            ),
        ],
        say(
            "Areas {first} and {second}, overlap {both}: {both} / ({first} + {second} − {both}) = {right}.",
            first=number_text(_area(first)),
            second=number_text(_area(second)),
            both=number_text(round(both, 6)),
            right=share(right),
        ),
        Place(DETECTION),
        {"first": first, "second": second},
        grids=(Grid(say("Boxes"), torch.tensor([first, second]), (["A", "B"], BOX_HEADS)),),
    )


@asks("nms", "What non-maximum suppression leaves", DETECTION, "choice")
def suppression(draw: random.Random) -> Question:
    base, other = _box(draw, 12), _box(draw, 12)

    def near(box: list[float]) -> list[float]:
        moved = [side + draw.choice((-1, 0, 1)) for side in box]
        return moved if moved[2] - moved[0] >= 2 and moved[3] - moved[1] >= 2 and min(moved) >= 0 else box

    boxes = [base, near(base), other, near(other)]
    scores = [draw.randint(40, 99) / 100 for _ in boxes]
    if len(set(scores)) < 4 or len({tuple(box) for box in boxes}) < 4:
        raise Redraw
    limit = draw.choice((0.3, 0.5, 0.7))
    table, weights = torch.tensor(boxes).double(), torch.tensor(scores).double()
    overlaps = box_iou(table, table)
    if bool(((overlaps - limit).abs() < 0.03).any()):
        raise Redraw
    names = ("A", "B", "C", "D")

    def words(places: list[int]) -> str:
        return ", ".join(names[place] for place in sorted(places))

    kept = nms(table, weights, limit).tolist()
    apart = [
        place
        for place in range(4)
        if not any(float(overlaps[place, other]) > limit for other in range(4) if other != place)
    ]
    lowest = nms(table, -weights, limit).tolist()
    best = int(weights.argmax())
    return choice(
        draw,
        say(
            "Four boxes of one class with their scores. Non-maximum suppression removes boxes whose IoU with a better one "
            "that stays is above {limit}. Which boxes stay?",
            limit=limit,
        ),
        words(kept),
        [
            (
                words([0, 1, 2, 3]),
                say("nothing removed"),
                say("Some of these boxes overlap by more than {limit}.", limit=limit),
            ),
            (
                words(lowest),
                say("kept the weak ones"),
                say("Of boxes that overlap the one with the highest score stays."),
            ),
            (
                words([best]),
                say("only the best one"),
                say("A box that hardly overlaps the best one is another object and stays."),
            ),
            (words(apart or [best]), say("removed both"), say("Of boxes that overlap one stays: the best.")),
        ],
        say(
            "The IoU of A and B is {first}, of C and D {second}.",
            first=f"{float(overlaps[0, 1]):.2f}",
            second=f"{float(overlaps[2, 3]):.2f}",
        ),
        Place(DETECTION, {"iou": f"{limit:g}"}),
        {"boxes": boxes, "scores": scores, "limit": limit, "names": names},
        grids=(
            Grid(
                say("Boxes"),
                torch.cat([table, weights[:, None]], 1),
                (names, (*BOX_HEADS, say("score"))),
            ),
        ),
    )


def _found(draw: random.Random) -> tuple[int, int, int, int]:
    """True and false positives, false and true negatives."""
    counts = draw.randint(5, 60), draw.randint(2, 40), draw.randint(2, 40), draw.randint(50, 400)
    if len(set(counts)) < 4:
        raise Redraw
    return counts


def _precision_recall(draw: random.Random, asked: str) -> Question:
    hits, false, missed, rest = _found(draw)
    precision, recall = hits / (hits + false), hits / (hits + missed)
    accuracy = (hits + rest) / (hits + false + missed + rest)
    both = 2 * precision * recall / (precision + recall)
    right, other = (precision, recall) if asked == "precision" else (recall, precision)
    whys = {
        "precision": say("This is the precision: how many of those that were found are right."),
        "recall": say("This is the recall: how many of those that are there were found."),
    }
    opposite = "recall" if asked == "precision" else "precision"
    return choice(
        draw,
        say("A detector has these counts. How large is its precision?")
        if asked == "precision"
        else say("A detector has these counts. How large is its recall?"),
        f"{right:.3f}",
        [
            (f"{other:.3f}", say("took the other one"), whys[opposite]),
            (
                f"{accuracy:.3f}",
                say("took the accuracy"),
                say("This is the accuracy; the many true negatives make it look good."),
            ),
            (f"{both:.3f}", say("took F1"), say("This is F1, the harmonic mean of precision and recall.")),
            (
                f"{hits / (hits + false + missed):.3f}",
                say("divided by everything"),
                say("Only one kind of mistake stands below the line, not both."),
            ),
        ],
        say("{hits} / ({hits} + {false}) = {right}.", hits=hits, false=false, right=f"{right:.3f}")
        if asked == "precision"
        else say("{hits} / ({hits} + {missed}) = {right}.", hits=hits, missed=missed, right=f"{right:.3f}"),
        Place(DETECTION if asked == "precision" else FACES),
        {"hits": hits, "false": false, "missed": missed, "rest": rest},
        grids=(
            Grid(
                say("Counts"),
                torch.tensor([[hits, false], [missed, rest]]).double(),
                ([say("found"), say("not found")], [say("is there"), say("is not there")]),
            ),
        ),
    )


@asks("precision", "Precision", DETECTION, "choice")
def precision_of(draw: random.Random) -> Question:
    return _precision_recall(draw, "precision")


@asks("recall", "Recall", FACES, "choice")
def recall_of(draw: random.Random) -> Question:
    return _precision_recall(draw, "recall")


@asks("mask_iou", "The IoU of a mask", SEGMENTATION, "number")
def mask_iou(draw: random.Random) -> Question:
    wanted = torch.tensor([[draw.randint(0, 1) for _ in range(4)] for _ in range(4)])
    predicted = torch.tensor(
        [[one if draw.random() < 0.75 else 1 - one for one in row] for row in wanted.tolist()]
    )
    both = int((wanted & predicted).sum())
    either = int((wanted | predicted).sum())
    if both in (0, either):
        raise Redraw
    value = both / either
    same = float((wanted == predicted).double().mean())
    return number(
        say(
            "What a network marks, and what it should mark (1: object). How large is the IoU of the object? Two decimals are enough."
        ),
        value,
        [
            (
                same,
                say("took pixel accuracy"),
                say("This is the share of pixels that are equal; background counts there as well."),
            ),
            (
                both / int(wanted.sum()),
                say("divided by the object"),
                say("Below the line stands the union, which has the pixels marked by mistake too."),
            ),
            (
                2 * both / (int(wanted.sum()) + int(predicted.sum())),
                say("took Dice"),
                say("This is the Dice score, 2 · overlap / sum of both."),
            ),
            (
                mean_iou(predicted, wanted, 2),
                say("mean with the background"),
                say("This is the mean of object and background."),
            ),
        ],
        say("{both} pixels lie in both masks, {either} in at least one.", both=both, either=either),
        Place(SEGMENTATION),
        {"wanted": wanted, "predicted": predicted},
        tolerance=0.006,
        grids=(
            Grid(say("Marked"), predicted.double()),
            Grid(say("Wanted"), wanted.double()),
        ),
    )


@asks("windows", "Windows over a picture", WINDOW, "choice")
def windows(draw: random.Random) -> Question:
    side, window, stride = (
        draw.choice((64, 80, 96, 112, 128)),
        draw.choice((24, 28, 32)),
        draw.choice((2, 4, 8)),
    )
    across = output_size(side, window, stride)
    return choice(
        draw,
        say(
            "A classifier for {window}×{window} images looks at a picture of {side}×{side} through a window that moves by "
            "{stride} pixels. At how many places does the window stand?",
            window=window,
            side=side,
            stride=stride,
        ),
        across**2,
        [
            (across, say("one row only"), say("The window also moves down: {across} rows.", across=across)),
            (
                (side // stride) ** 2,
                say("beyond the edge"),
                say("The window must lie inside the picture, so the last places fall away."),
            ),
            (
                (across - 1) ** 2,
                say("forgot the + 1"),
                say("The window stands at a place before its first step."),
            ),
            (
                (side - window + 1) ** 2,
                say("forgot the stride"),
                say("It moves by {stride} pixels at a time.", stride=stride),
            ),
        ],
        say(
            "(⌊({side} − {window}) / {stride}⌋ + 1)² = {across}² = {right}.",
            side=side,
            window=window,
            stride=stride,
            across=across,
            right=number_text(across**2),
        ),
        Place(WINDOW, {"stride": str(stride)}),
        {"side": side, "window": window, "stride": stride},
    )


@asks("separable", "A depthwise separable layer", ARCHITECTURES, "choice")
def separable(draw: random.Random) -> Question:
    channels, filters, k = (
        draw.choice((8, 16, 24, 32, 64)),
        draw.choice((24, 48, 96, 128)),
        draw.choice((3, 5)),
    )
    deep = layer_cost((channels, 32, 32), channels, k, groups=channels).parameters
    point = layer_cost((channels, 32, 32), filters, 1).parameters
    plain = layer_cost((channels, 32, 32), filters, k).parameters
    return choice(
        draw,
        say(
            "MobileNet's layer: a depthwise {k}×{k} convolution of {channels} channels, then a 1×1 convolution to "
            "{filters} channels, both with biases. How many parameters together?",
            k=k,
            channels=channels,
            filters=filters,
        ),
        deep + point,
        [
            (
                plain,
                say("an ordinary convolution"),
                say(
                    "This is an ordinary {k}×{k} convolution, {times} times as many.",
                    k=k,
                    times=f"{plain / (deep + point):.1f}",
                ),
            ),
            (
                deep,
                say("depthwise part only"),
                say("The 1×1 convolution is missing: {point}.", point=number_text(point)),
            ),
            (
                point,
                say("1×1 part only"),
                say("The depthwise convolution is missing: {deep}.", deep=number_text(deep)),
            ),
            (
                deep + point - channels - filters,
                say("forgot the biases"),
                say("Each of the {count} filters has a bias.", count=channels + filters),
            ),
        ],
        say(
            "{channels} · ({k}² + 1) + {filters} · ({channels} + 1) = {right}.",
            channels=channels,
            k=k,
            filters=filters,
            right=number_text(deep + point),
        ),
        Place(ARCHITECTURES),
        {"channels": channels, "filters": filters, "k": k},
    )


@asks("leakage", "A split that leaks", DATASETS, "number")
def leakage(draw: random.Random) -> Question:
    people = [draw.choice("ABCDEFGHIJ") for _ in range(12)]
    test = sorted(draw.sample(range(12), 4))
    training = {people[place] for place in range(12) if place not in test}
    value = sum(people[place] in training for place in test)
    persons = len({people[place] for place in test} & training)
    return number(
        say(
            "Twelve photographs, and who is on them: {people}. The photographs {test} (counted from 0) are the test set, "
            "all others train the network. How many of the four test images show somebody whom the network has seen in training?",
            people=" ".join(people),
            test=", ".join(map(str, test)),
        ),
        value,
        [
            (
                persons,
                say("counted people"),
                say("This is how many people; the question is about test images."),
            ),
            (
                4 - value,
                say("counted the others"),
                say("These are the test images of people who are new."),
            ),
        ],
        say(
            "On the test images are {tested}; in training are {trained}. Such a test says little about new people: split by person.",
            tested=", ".join(people[place] for place in test),
            trained=", ".join(sorted(training)),
        ),
        Place(DATASETS, {"view": "twins"}),
        {"people": people, "test": test},
    )
