"""The playground on its page: what the component gets, and what comes back."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.figures import DIVERGING, SEQUENTIAL
from cnnviz.figures.colours import TRAIN, VALIDATION
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
from cnnviz.learning.links import from_properties, properties_of
from cnnviz.ui.components import component, told
from cnnviz.ui.fields import Field
from cnnviz.ui.messages import PlaneSetCard, PlaygroundMenus, PlaygroundMessage
from cnnviz.ui.states.playground import HIDES, PROPERTIES

CLASS_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9")
"""Okabe and Ito, 2008."""


def experiment_of_page() -> Experiment2D:
    """What the address says; a sentence where it says something impossible, and then the last that was possible."""
    said = {field.name: field.now for field in (*PROPERTIES, *HIDES) if field.now}
    last: Mapping[str, str] = st.session_state.get("playground_last", {})
    try:
        experiment = from_properties({"seed": "1", **said})
    except CnnvizError as error:
        st.error(f"{error} The experiment before it stays.", icon=":material/error:")
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
    data = PlaygroundMessage(
        experiment=experiment.description(),
        seeds=seeds,
        digits=[[point.x, point.y, point.label] for point in digits()],
        menus=PlaygroundMenus(
            sets=[
                PlaneSetCard(entry.name, entry.title, entry.problem, entry.classes[0], entry.classes[1])
                for entry in PLANE_SETS.values()
            ],
            features={name: entry.title for name, entry in PLANE_FEATURES.items()},
            activations=dict(PLANE_ACTIVATIONS),
            optimizers={name: entry.title for name, entry in RULES.items()},
            memory={name: list(entry.memory) for name, entry in RULES.items()},
            schedules={name: entry.title for name, entry in SCHEDULES.items()},
            inits={name: entry.title for name, entry in PLANE_INITIALISATIONS.items()},
            outputs=dict(OUTPUTS),
            penalties=dict(PENALTIES),
        ),
        diverging=list(DIVERGING.stops),
        sequential=list(SEQUENTIAL.stops),
        classes=list(CLASS_COLOURS),
        train=TRAIN,
        test=VALIDATION,
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


