"""Questions of the chapter "Inside": units as sums, mistakes, nearest images, what an ablation shows."""

import random

import torch
from torch.nn import functional as F

from cnnviz.classroom.asking import Grid, Place, Question, Redraw, asks, choice, number, number_text
from cnnviz.ops.scores import confusion
from cnnviz.words import say

MISTAKES = "pages/inside/mistakes.py"
MAPS = "pages/inside/feature_maps.py"
EMBEDDING = "pages/inside/embedding.py"
MACHINE = "pages/inside/time_machine.py"
ABLATION = "pages/inside/ablation.py"
CLASSES = ("cat", "dog", "fox", "owl")


def _counts(draw: random.Random) -> torch.Tensor:
    """A confusion matrix of answers that were drawn: rows are the true classes."""
    labels = torch.tensor([place for place in range(4) for _ in range(10 * draw.randint(1, 3))])
    answers = torch.tensor(
        [int(label) if draw.random() < 0.7 else draw.randrange(4) for label in labels.tolist()]
    )
    return confusion(F.one_hot(answers, 4).float(), labels).long()


def _table(counts: torch.Tensor) -> Grid:
    return Grid(say("Rows: true class; columns: answer"), counts.double(), (CLASSES, CLASSES))


@asks("confused_class", "The most frequent confusion", MISTAKES, "choice")
def confused_class(draw: random.Random) -> Question:
    counts = _counts(draw)
    asked = draw.randrange(4)
    row = counts[asked].clone()
    row[asked] = -1
    column = counts[:, asked].clone()
    column[asked] = -1
    right, other_way = int(row.argmax()), int(column.argmax())
    if int((row == row.max()).sum()) > 1:
        raise Redraw
    wrong = []
    for place in range(4):
        if place in (right, asked):
            continue
        if place == other_way:
            wrong.append(
                (
                    CLASSES[place],
                    say("read the column"),
                    say(
                        "The column says what was taken for “{asked}”; the row says what “{asked}” was taken for.",
                        asked=CLASSES[asked],
                    ),
                )
            )
        else:
            wrong.append(
                (
                    CLASSES[place],
                    say("not the largest"),
                    say("Only {count} of them were.", count=int(counts[asked, place])),
                )
            )
    return choice(
        draw,
        say(
            "The confusion matrix of a network. For what are images of the class “{asked}” most often taken by mistake?",
            asked=CLASSES[asked],
        ),
        CLASSES[right],
        [
            *wrong,
            (
                CLASSES[asked],
                say("read the diagonal"),
                say("The diagonal holds the right answers."),
            ),
        ],
        say(
            "In the row “{asked}” the largest number beside the diagonal is {count}, in the column “{right}”.",
            asked=CLASSES[asked],
            count=int(row.max()),
            right=CLASSES[right],
        ),
        Place(MISTAKES),
        {"counts": counts, "asked": asked, "classes": CLASSES},
        grids=(_table(counts),),
    )


@asks("accuracy", "The accuracy of a confusion matrix", MISTAKES, "number")
def accuracy(draw: random.Random) -> Question:
    counts = _counts(draw).double()
    total = float(counts.sum())
    value = 100 * float(counts.trace()) / total
    recalls = counts.diagonal() / counts.sum(1)
    return number(
        say(
            "The confusion matrix of a network on its test images. How large is its accuracy, in percent? One decimal is enough."
        ),
        value,
        [
            (
                100 - value,
                say("gave the error"),
                say("This is the share of wrong answers."),
            ),
            (
                100 * float(recalls.mean()),
                say("mean of the classes"),
                say(
                    "This is the mean over the classes (balanced accuracy); the classes do not have equally many images."
                ),
            ),
            (
                value / 100,
                say("not in percent"),
                say("This is the share; in percent it is a hundred times as much."),
            ),
        ],
        say(
            "{right} of {total} answers stand on the diagonal: {value} %.",
            right=int(counts.trace()),
            total=int(total),
            value=f"{value:.1f}",
        ),
        Place(MISTAKES),
        {"counts": counts.long()},
        tolerance=0.11,
        grids=(_table(counts),),
    )


@asks("unit_sum", "The value of a unit", MAPS, "number")
def unit_sum(draw: random.Random) -> Question:
    window = [[float(draw.randint(0, 3)) for _ in range(2)] for _ in range(2)]
    second = [[float(draw.randint(0, 3)) for _ in range(2)] for _ in range(2)]
    weights = [[[float(draw.randint(-2, 2)) for _ in range(2)] for _ in range(2)] for _ in range(2)]
    bias = float(draw.randint(-3, 3))
    image = torch.tensor([window, second], dtype=torch.float64)
    kernel = torch.tensor(weights, dtype=torch.float64)
    total = float(F.conv2d(image[None], kernel[None], torch.tensor([bias], dtype=torch.float64)))
    value = max(total, 0.0)
    first_only = float((image[0] * kernel[0]).sum()) + bias
    if not bias:
        raise Redraw
    return number(
        say(
            "A unit behind ReLU sees this window of two channels, with these weights and the bias {bias}. What is its value?",
            bias=number_text(bias),
        ),
        value,
        [
            (total, say("forgot ReLU"), say("ReLU makes 0 of every negative sum.")),
            (
                max(total - bias, 0.0),
                say("forgot the bias"),
                say("The bias {bias} is added to the sum.", bias=number_text(bias)),
            ),
            (
                max(first_only, 0.0),
                say("forgot a channel"),
                say("The products of both channels are added."),
            ),
        ],
        say(
            "The products add up to {products}; with the bias {total}, behind ReLU {value}.",
            products=number_text(total - bias),
            total=number_text(total),
            value=number_text(value),
        ),
        Place(MAPS),
        {"image": [window, second], "weights": weights, "bias": bias},
        grids=(
            Grid(say("Channel 0"), image[0]),
            Grid(say("Weights 0"), kernel[0]),
            Grid(say("Channel 1"), image[1]),
            Grid(say("Weights 1"), kernel[1]),
        ),
    )


@asks("nearest", "The nearest image", EMBEDDING, "choice")
def nearest(draw: random.Random) -> Question:
    asked = torch.tensor([float(draw.randint(1, 4)) for _ in range(3)], dtype=torch.float64)
    others = torch.tensor(
        [[float(draw.randint(-1, 9)) for _ in range(3)] for _ in range(3)], dtype=torch.float64
    )
    if bool((others.norm(dim=1) == 0).any()):
        raise Redraw
    likeness = F.cosine_similarity(asked[None], others, dim=1)
    apart = torch.cdist(asked[None], others)[0]
    dots = others @ asked
    order = likeness.argsort(descending=True)
    if float(likeness[order[0]] - likeness[order[1]]) < 0.02 or int(apart.argmin()) == int(order[0]):
        raise Redraw
    names = ("A", "B", "C")
    right = int(order[0])
    wrong = []
    for place in range(3):
        if place == right:
            continue
        if place == int(apart.argmin()):
            reason = (
                say("took the distance"),
                say(
                    "It is the nearest by Euclidean distance, but its direction differs more: cosine {cosine}.",
                    cosine=f"{float(likeness[place]):.2f}",
                ),
            )
        elif place == int(dots.argmax()):
            reason = (
                say("took the dot product"),
                say("Its dot product is the largest because it is long; the cosine divides by the lengths."),
            )
        else:
            reason = (
                say("a smaller cosine"),
                say("Its cosine is only {cosine}.", cosine=f"{float(likeness[place]):.2f}"),
            )
        wrong.append((names[place], *reason))
    return choice(
        draw,
        say(
            "The vectors of four images inside a network. Which of A, B and C is nearest to the image “asked” by the cosine?"
        ),
        names[right],
        wrong,
        say(
            "The cosines are {cosines}.",
            cosines=", ".join(f"{name} {float(one):.3f}" for name, one in zip(names, likeness, strict=True)),
        ),
        Place(EMBEDDING),
        {"asked": asked, "others": others, "names": names},
        grids=(
            Grid(
                say("Vectors"),
                torch.cat([asked[None], others]),
                (["asked", *names], ["1", "2", "3"]),
            ),
        ),
    )


@asks("ablation", "What an ablation says", ABLATION, "choice")
def ablation(draw: random.Random) -> Question:
    before = torch.tensor([float(draw.randint(85, 99)) for _ in range(4)])
    after = torch.stack(
        [
            before - torch.tensor([float(draw.choice((0, 1, 2, 3, 20, 35, 50))) for _ in range(4)])
            for _ in range(3)
        ]
    )
    asked = draw.randrange(4)
    falls = before - after
    order = falls[:, asked].argsort(descending=True)
    if float(falls[order[0], asked] - falls[order[1], asked]) < 5:
        raise Redraw
    right = int(order[0])
    overall = int(falls.mean(1).argmax())
    names = tuple(say("channel {number}", number=place) for place in range(3))
    wrong = []
    for place in range(3):
        if place == right:
            continue
        reason = (
            (
                say("the largest fall over all"),
                say(
                    "It hurts all classes together most, but the asked one falls only by {fall} points.",
                    fall=number_text(float(falls[place, asked])),
                ),
            )
            if place == overall
            else (
                say("a smaller fall"),
                say(
                    "The asked class falls by {fall} points only.",
                    fall=number_text(float(falls[place, asked])),
                ),
            )
        )
        wrong.append((names[place], *reason))
    return choice(
        draw,
        say(
            "Accuracies in percent by class: with all channels, and with one of three channels switched off. Which channel does the class “{name}” need most?",
            name=CLASSES[asked],
        ),
        names[right],
        wrong,
        say(
            "Without it the class falls by {fall} points, from {before} to {after} %.",
            fall=number_text(float(falls[right, asked])),
            before=number_text(float(before[asked])),
            after=number_text(float(after[right, asked])),
        ),
        Place(ABLATION),
        {"before": before, "after": after, "asked": asked, "names": names},
        grids=(
            Grid(
                say("Accuracy"),
                torch.cat([before[None], after]),
                ([say("all"), *(say("without {number}", number=place) for place in range(3))], CLASSES),
            ),
        ),
    )
