"""Where the network is wrong, how sure it was, and what it saw."""

import streamlit as st

from cnnviz.data import ImageDataset
from cnnviz.features import Answers, answers
from cnnviz.features.mistakes import mistakes_code
from cnnviz.figures import calibration_curve, image_sheet, judged_labels
from cnnviz.training import Run
from cnnviz.ui.charts import chart
from cnnviz.ui.components import WallItem, map_wall, matrix
from cnnviz.ui.frame import Experiment, link, play_first, section, show_code, source, title, try_this
from cnnviz.ui.memory import remember
from cnnviz.ui.mistakes import show_why
from cnnviz.ui.networks import OpenNetwork, open_network
from cnnviz.ui.outside import plain
from cnnviz.ui.runs import EXAMPLE, choose_run
from cnnviz.ui.states.mistakes import Mistakes
from cnnviz.words import _

SHOWN, ROW = 24, 12
title(
    "Mistakes", "Click a cell of the table to see its images, and an image to see what the network saw in it."
)


def wall_of(test: ImageDataset, found: Answers, numbers: list[int]) -> list[WallItem]:
    """Images with the network's answers below, twelve a row."""
    items = []
    for start in range(0, len(numbers), ROW):
        part = numbers[start : start + ROW]
        sheet = image_sheet(test.floats(slice(None))[part], columns=len(part), what=_("test images"))
        labels = judged_labels(found.probabilities[part], found.labels[part], test.classes)
        items.append(
            WallItem(
                str(start),
                sheet,
                unit=_("image"),
                labels=labels,
                title=" ",
                target=90,
                most=1200,
                legend=False,
                hint=_("Click an image."),
            )
        )
    return items


def open_cell(true: int, predicted: int) -> None:
    """From now on the page shows the images of this cell of the matrix."""
    Mistakes.true.set(str(true))
    Mistakes.predicted.set(str(predicted))
    Mistakes.view.set("cell")
    Mistakes.example.forget()


@section
def asked() -> None:
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        run = choose_run()
    with right:
        network = open_network(run, "mistakes_step")
    table(run, network)


@section
def table(run: Run, network: OpenNetwork) -> None:
    test, names = run.spec.load("test"), list(run.spec.entry.classes)
    found = remember(answers, network.model, test)
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        titles = {str(i): name for i, name in enumerate(names)}
        view = Mistakes.view.draw(on_change=Mistakes.example.forget)
        true = int(
            Mistakes.true.draw(
                titles=titles, usual="4" if len(names) > 9 else "0", on_change=Mistakes.example.forget
            )
        )
        said = int(
            Mistakes.predicted.draw(
                titles=titles, usual="9" if len(names) > 9 else "1", on_change=Mistakes.example.forget
            )
        )
    with right, play_first():
        cells, curve = st.columns([1.4, 1], gap="medium")
    with cells:
        caption = _(
            "Rows: true class, columns: predicted class. {accuracy:.2%} of {count} test images are right at step {step}.",
            accuracy=found.accuracy,
            count=len(test),
            step=network.step,
        )
        cell = (true, said) if view == "cell" else None
        counts = found.confusion.tolist()
        matrix("confusion", counts, names, names, ("true", "predicted"), cell, caption, open_cell)
    with curve:
        calibration = remember(Answers.calibration, found)
        words = _("Reliability diagram: expected calibration error {error:.3f}", error=calibration.error)
        chart("calibration", words, calibration_curve, calibration)
        st.caption(
            _(
                "Reliability diagram: on the diagonal, predictions with 80 % confidence are right in 80 % of cases. "
                "Expected calibration error: **{error:.3f}**.",
                error=calibration.error,
            )
        )
    images(run, network, found, true, said, view == "cell")
    code(mistakes_code(network.code, test, true, said))


@section
def images(run: Run, network: OpenNetwork, found: Answers, true: int, said: int, one_cell: bool) -> None:
    test = run.spec.load("test")
    names, counts = list(test.classes), found.confusion.tolist()
    numbers = (found.cell(true, said) if one_cell else remember(Answers.confident_mistakes, found, SHOWN))[
        :SHOWN
    ]
    heading = (
        _(
            "True {name}, answered {name2}: {count} images",
            name=plain(names[true]),
            name2=plain(names[said]),
            count=counts[true][said],
        )
        if one_cell
        else _("Wrong, and confident")
    )
    st.subheader(heading, anchor=False)
    if not numbers:
        st.info(_("No image at all: choose another cell, or an earlier step."), icon=":material/info:")
    else:
        wanted = Mistakes.example.now
        number = int(wanted) if wanted in numbers else numbers[0]
        row, place = divmod(numbers.index(number), ROW)
        Mistakes.example.says(None if number == numbers[0] else str(number))
        items = remember(wall_of, test, found, numbers)
        map_wall(
            "cell_wall",
            items,
            (str(row * ROW), place),
            lambda row, place: Mistakes.example.set(numbers[int(row) + place]),
        )
        image = test.floats(slice(number, number + 1))[0]
        answer = int(found.predicted[number])
        st.markdown(
            _(
                "**Test image {number}**: {name}, answered **{name2}** with {confidence:.1%}.",
                number=number,
                name=plain(names[int(test.labels[number])]),
                name2=plain(names[answer]),
                confidence=found.confidence[number],
            )
        )
        show_why(network, image, answer, int(test.labels[number]))
        state = {"run": run.id, "step": str(network.step), "image": "test", "number": str(number)}
        link("pages/inside/feature_maps.py", _("Open it in the microscope"), ":material/search:", state)
        paint = {**state, "edit": "true"}
        link("pages/inside/feature_maps.py", _("Change its pixels"), ":material/brush:", paint)
        link("pages/inside/saliency.py", _("More saliency methods for it"), ":material/visibility:", state)


try_this(
    Experiment(
        "Fours that were read as nines: would you have known?",
        Mistakes(run=EXAMPLE, view="cell", true="4", predicted="9"),
    ),
    Experiment(
        "Go back to an early step: which two digits are confused most?", Mistakes(run=EXAMPLE, step=60)
    ),
    Experiment("A network without convolution makes other mistakes.", Mistakes(run="example_linear")),
)
code = show_code()
source(
    "Guo, Pleiss, Sun and Weinberger, On calibration of modern neural networks, ICML 2017; Sundararajan, Taly and Yan, ICML 2017."
)
asked()
