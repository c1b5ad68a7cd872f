"""The playground on its page: what the component gets, and what comes back."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.figures import map_sheet, palette
from cnnviz.learning import (
    OUTPUTS,
    PENALTIES,
    PLANE_ACTIVATIONS,
    PLANE_FEATURES,
    PLANE_INITIALISATIONS,
    PLANE_SETS,
    RULES,
    SCHEDULES,
    Experiment2D,
)
from cnnviz.learning.experiment import digits
from cnnviz.learning.links import HIDABLE, from_link, from_properties, properties_of, to_link
from cnnviz.learning.points import along, from_csv
from cnnviz.learning.rivals import rivals, rivals_code
from cnnviz.ui.address import draw_again
from cnnviz.ui.components import WallItem, answered, component, map_wall, told
from cnnviz.ui.fields import Field
from cnnviz.ui.frame import clicked
from cnnviz.ui.memory import remember
from cnnviz.ui.messages import PlaneSetCard, PlaygroundMenus, PlaygroundMessage
from cnnviz.ui.outside import plain
from cnnviz.ui.states.playground import HIDES, PROPERTIES
from cnnviz.ui.tables import table_in_words
from cnnviz.words import _

MOST_CLASSES = 6


def experiment_of_page() -> Experiment2D:
    """What the address says; a sentence where it says something impossible, and then the last that was possible."""
    said = {field.name: text for field in (*PROPERTIES, *HIDES) if (text := field.kept())}
    last: Mapping[str, str] = st.session_state.get("playground_last", {})
    try:
        experiment = from_properties({"seed": "1", **said})
    except CnnvizError as error:
        st.error(_("{error} The experiment before it stays.", error=plain(_(error))), icon=":material/error:")
        experiment = from_properties({"seed": "1", **last})
        show(experiment)
    st.session_state["playground_last"] = properties_of(experiment)
    return experiment


def show(experiment: Experiment2D) -> None:
    """The page shows this experiment, and the address says so."""
    said = properties_of(experiment)
    fields: tuple[Field[str], ...] = (*PROPERTIES, *HIDES)
    for field in fields:
        if field.name in said:
            field.set(said[field.name])
        else:
            field.forget()


def playground(key: str, experiment: Experiment2D, seeds: int, on_change: Callable[[], None]) -> None:
    """Shows the playground; what the student changes in it becomes the page's state."""

    def is_shown(news: Any) -> bool:
        return properties_of(Experiment2D.of(news["experiment"])) == properties_of(experiment)

    data = PlaygroundMessage(
        experiment=experiment.description(),
        answers=answered(key, "changed", is_shown),
        seeds=seeds,
        digits=[[point.x, point.y, point.label] for point in digits()],
        menus=PlaygroundMenus(
            sets=[
                PlaneSetCard(entry.name, _(entry.title), entry.problem, entry.classes[0], entry.classes[1])
                for entry in PLANE_SETS.values()
            ],
            features={name: _(entry.title) for name, entry in PLANE_FEATURES.items()},
            activations=dict(PLANE_ACTIVATIONS),
            optimizers={name: _(entry.title) for name, entry in RULES.items()},
            memory={name: list(entry.memory) for name, entry in RULES.items()},
            schedules={name: _(entry.title) for name, entry in SCHEDULES.items()},
            inits={name: _(entry.title) for name, entry in PLANE_INITIALISATIONS.items()},
            outputs=dict(OUTPUTS),
            penalties=dict(PENALTIES),
        ),
        diverging=list(palette().diverging.stops),
        sequential=list(palette().sequential.stops),
        classes=[palette().of(one) for one in range(MOST_CLASSES)],
        train=palette().train,
        test=palette().validation,
    )

    def hear(news: Any) -> None:
        try:
            changed = Experiment2D.of(news["experiment"])
        except (CnnvizError, KeyError, TypeError):
            return  # not of the component's own menus
        show(changed)
        on_change()

    component(
        "playground",
        key,
        data=data,
        default={"changed": None},
        on_changed_change=told(key, "changed", hear),
    )


def own_data(experiment: Experiment2D) -> None:
    """Points from a table or along a function; the plane itself takes points by clicking."""
    with st.expander(
        _("Your own points: click into the plane, or take a table or a function"), icon=":material/add_chart:"
    ):
        left, right = st.columns(2)
        with left:
            file = st.file_uploader(
                _("Table (CSV): x, y, class or value"),
                ["csv", "txt"],
                key="playground_csv",
                help=_("One line a point, with x and y from −6 to 6; other ranges are scaled to it."),
            )
            pressed = file is not None and st.button(_("Take the table"), key="take_table")
            with clicked(pressed, "take_table", file and file.file_id):
                if pressed and file is not None:
                    points, names = from_csv(file.getvalue().decode("utf-8", "replace"), experiment.problem)
                    show(experiment.with_(points=points, classes=max(2, len(names))))
                    draw_again()
        with right:
            text = st.text_input(
                _("Function of x and y; its sign is the class"),
                _("y - 2 * sin(x)"),
                key="playground_function",
                help=_(
                    "For example x^2 + y^2 - 9, or max(x, y) - 1. For a regression its value is the label."
                ),
            )
            with clicked(
                st.button(_("Take the function"), key="take_function"), "take_function", text
            ) as pressed:
                if pressed:
                    points = along(
                        text, experiment.problem, noise=experiment.noise / 100, seed=experiment.seed
                    )
                    show(experiment.with_(points=points, classes=2))
                    draw_again()


def links_and_lesson(experiment: Experiment2D) -> None:
    """A link of TensorFlow Playground opened here; controls hidden for a lesson."""
    with st.expander(
        _("Open a link of TensorFlow Playground · hide controls for a lesson"), icon=":material/link:"
    ):
        text = st.text_input(
            _("Address"),
            placeholder="https://playground.tensorflow.org/#activation=tanh&…",
            key="playground_link",
            help=_("The whole address, or only what stands behind its #. All settings are taken over."),
        )
        with clicked(st.button(_("Open the link"), key="open_link"), "open_link", text) as pressed:
            if pressed and text:
                opened = from_link(text)
                show(opened)
                st.session_state["playground_notes"] = opened.notes
                draw_again()
        for note in st.session_state.get("playground_notes", ()):
            st.caption(note)
        hidden = st.multiselect(
            _("Controls that the page's address hides"),
            list(HIDABLE),
            [name for name in experiment.hidden if name in HIDABLE],
            format_func={name: _(title) for name, title in HIDABLE.items()}.__getitem__,
            key=f"hide {to_link(experiment)}",
            help=_("Whoever opens the link of this page does not see these controls."),
        )
        others = [name for name in experiment.hidden if name not in HIDABLE]
        if set(hidden) | set(others) != set(experiment.hidden):
            show(experiment.with_(hidden=tuple(sorted([*hidden, *others]))))
            draw_again()


def show_rivals(experiment: Experiment2D) -> None:
    """Four methods of scikit-learn on the same points: borders, scores, seconds."""
    link = to_link(experiment)
    results = remember(_rivals_of, link)
    many = experiment.classes > 2
    map_wall(
        "rivals",
        [
            WallItem(
                _(result.title),
                map_sheet(
                    result.plane[None],
                    span=(0.0, experiment.classes - 1.0) if many else (-1.0, 1.0),
                    what=_("what {title} says over the plane", title=_(result.title)),
                    signed=not many,
                ),
                unit=_("plane"),
                target=190,
            )
            for result in results
        ],
    )
    score = "R²" if experiment.is_regression else "accuracy"
    st.markdown(
        table_in_words(
            [
                {
                    _("method"): _(result.title),
                    _("test {score}", score=score): f"{result.score:.3f}",
                    _("training {score}", score=score): f"{result.train_score:.3f}",
                    _("time to fit"): f"{result.seconds * 1000:.1f} ms",
                }
                for result in results
            ]
        )
    )
    st.code(rivals_code(experiment), language="python")


def _rivals_of(link: str) -> Any:
    return rivals(from_link(link or "seed=1"))
