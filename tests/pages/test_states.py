"""Every field of every page's state: by a link, on the screen, by its control, in the address, and after a
reload.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

import cnnviz.ui.states
from cnnviz.ui.fields import Choice, Choices, Field, Number, Open, Text
from cnnviz.ui.outside import plain
from cnnviz.ui.state import State
from cnnviz.ui.states.playground import HIDES, PROPERTIES
from cnnviz.ui.stepping import Table
from tests.pages.conftest import Open as OpenPage
from tests.pages.conftest import at_rest, until, words
from tests.pages.restored import control_of, held

for module in iter_modules(cnnviz.ui.states.__path__):
    import_module(f"cnnviz.ui.states.{module.name}")

BY_CLICK = {"run", "step", "race", "frozen", "edits", "map", "row", "col", "example", "room"}
"""Fields that no control of Streamlit sets, but a click in a component, a button or the menu of one's own
runs: see the tests of each.
"""
BY_CLICK_HERE = {
    ("GradientDescent", "rate"),
    ("GradientDescent", "batch"),
    ("GradientDescent", "begin"),
    ("FeatureMaps", "layer"),
    ("TrainingLab", "true"),
    ("TrainingLab", "predicted"),
    ("Runs", "shown"),
    ("Runs", "one"),
    ("Builder", "network"),
    ("Detection", "detector"),
    ("Detection", "at"),
    ("Segmentation", "segmenter"),
    ("Segmentation", "at"),
    ("Volumes", "live"),
    ("Labels", "labeller"),
    ("Labels", "at"),
    ("Labels", "grader"),
    ("Labels", "grade_at"),
}
CHOICES = {
    "layer": "pool1",
    "cam_layer": "conv1",
    "histogram": "gelu",
    "target": "5",
    "true": "7",
    "predicted": "3",
    "shown": "block3.add",
    "channels": "1,2",
    "channel_list": "3, 5",
}
"""Values of fields whose choices only the page knows."""
VALUES: dict[str | tuple[str, str], str] = {
    ("Filters", "layer"): "conv2",
    ("TimeMachine", "layer"): "conv2",
    ("TrainingLab", "network"): "lenet5",
    ("TrainingLab", "classes"): "3,5",
    ("TrainingTricks", "runs"): "1,4",
    ("Datasets", "classes"): "3,5",
    ("Datasets", "part"): "2",
    ("Datasets", "search"): "120-180",
    ("SlidingWindow", "category"): "3",
    ("SlidingWindow", "picture"): "11",
    ("Detection", "box"): "1",
    ("Detection", "category"): "3",
    ("Segmentation", "category"): "3",
    ("Volumes", "dataset"): "organmnist3d",
    ("Volumes", "network"): "middle",
    ("Datasets", "rare"): "Pullover,Bag",
    ("Retrieval", "count"): "24",
    ("Runs", "values"): "0.1, 0.2",
    ("Runs", "second_values"): "8, 16",
    ("Runs", "sample"): "2",
    ("Runs", "network"): "fast",
    ("Kernels", "second_number"): "2",
    ("Architectures", "side"): "28",
    ("Ideas", "networks"): "residual8",
    ("Backpropagation", "target"): "1",
    ("Backpropagation", "text"): "x + y",
    ("Questions", "question"): "pooling_value",
    ("RoomState", "poll"): "Which one?",
    ("RoomState", "choices"): "a; b; c",
    ("Classify", "beside"): "trained_mini_vgg_mnist",
    "network": "untrained_fast",
    "functions": "tanh,relu",
    "methods": "gradient",
    "count": "100",
    "filter": "2",
    "map": "3",
    "number": "11",
    "second_number": "11",
    "top": "100",
    "left": "100",
    "side": "12",
    "swap_first": "2",
    "swap_second": "0",
    "kernel_number": "2",
    "second_seed": "2",
    "seed": "1",
}
"""Instead of the end of a range that depends on what is shown, or that would take long."""


def by_control(state: type[State], field: Field[Any]) -> bool:
    if (
        isinstance(field, Table)
        or field in (*PROPERTIES, *HIDES)
        or (field.name in BY_CLICK and not isinstance(field, Number))
        or (state.__name__, field.name) in BY_CLICK_HERE
    ):
        return False
    # A page that has no photographs has no menu of them.
    return all(
        not isinstance(one := state.fields[name], Choice) or one.titles is None or text in one.titles
        for name, text in field.needs.items()
    )


FIELDS = [
    (state, field)
    for state in State.pages.values()
    for field in state.fields.values()
    if by_control(state, field)
    and field is not State.language
    and (field not in (State.projector, State.palette) or state.__name__ == "Kernels")
]
"""The projector's switch is the same on all pages."""


def sample(state: type[State], field: Field[Any]) -> str:
    """The text of a value that is not the usual one."""
    own = VALUES.get((state.__name__, field.name)) or VALUES.get(field.name) or CHOICES.get(field.name)
    return own or next(
        text for text in map(field.text, reversed(field.samples())) if text != field.text(field.usual)
    )


def move(app: AppTest, field: Field[Any], text: str) -> None:
    """Sets the control as a student does."""
    value, control = field.read(text), control_of(app, field.name)
    control.set_value(list(value) if isinstance(field, Choices) else value)


@pytest.mark.thorough(3)
@pytest.mark.parametrize(
    ("state", "field"),
    [pytest.param(state, field, id=f"{state.__name__}-{field.name}") for state, field in FIELDS],
)
def test_a_field_by_its_control_in_the_address_and_by_that_link_on_the_screen(
    state: type[State], field: Field[Any], open_page: OpenPage
) -> None:
    text, app = sample(state, field), until(open_page(state.page, **field.needs), at_rest)
    assert not app.exception
    assert field.name not in app.query_params
    usual = held(app, field.name)
    assert usual != text
    move(app, field, text)
    app.run()
    assert not app.exception
    assert held(app, field.name) == text
    assert app.query_params[field.name] == text
    linked = open_page(state.page, **{name: app.query_params[name] for name in app.query_params})
    assert held(linked, field.name) == text
    assert {**linked.query_params} == {**app.query_params}
    if isinstance(field, Open):
        control_of(linked, field.name).set_value(None)
    else:
        move(linked, field, usual)
    linked.run()
    assert held(linked, field.name) == usual
    assert field.name not in linked.query_params


def in_groups() -> dict[tuple[type[State], tuple[tuple[str, str], ...]], list[Field[Any]]]:
    """Fields that a page shows at the same time."""
    groups: dict[tuple[type[State], tuple[tuple[str, str], ...]], list[Field[Any]]] = {}
    for state, field in FIELDS:
        if not isinstance(field, Text):
            groups.setdefault((state, tuple(field.needs.items())), []).append(field)
    return groups


@pytest.mark.parametrize(
    ("state", "needs", "fields"),
    [
        pytest.param(state, dict(needs), fields, id=f"{state.__name__}-{'-'.join(dict(needs))}")
        for (state, needs), fields in in_groups().items()
    ],
)
def test_foreign_values_fall_back_with_a_quiet_note(
    state: type[State], needs: dict[str, str], fields: list[Field[Any]], open_page: OpenPage
) -> None:
    foreign = {field.name: f"{field.name}?!" for field in fields}
    usual, app = open_page(state.page, **needs), open_page(state.page, **needs, **foreign)
    assert not app.exception
    assert [error.value for error in app.error] == [error.value for error in usual.error]
    shown = [field for field in fields if control_of(usual, field.name) is not None]
    assert shown
    for field in shown:
        assert held(app, field.name) == held(usual, field.name)
        assert f"“{plain(foreign[field.name])}” is not possible here." in words(app)
        assert field.name not in app.query_params


@pytest.mark.parametrize("state", State.pages.values(), ids=lambda state: state.__name__)
def test_any_address_gives_a_valid_state(state: type[State]) -> None:
    nonsense = dict.fromkeys((*state.fields, "unknown"), "\x00 nonsense;,")
    parsed, foreign = state.parse(nonsense)
    assert "unknown" in foreign
    assert state.parse(parsed.parameters()) == (parsed, {})
    for name, field in state.fields.items():
        for value in field.samples():
            one = state(**{name: value})
            assert state.parse(dict(parse_qsl(urlsplit(one.link()).query, keep_blank_values=True))) == (
                one,
                {},
            )


def test_a_state_knows_its_fields() -> None:
    from cnnviz.ui.states.pooling import Pooling

    assert Pooling(window=3, whole=True).link() == "pooling?window=3&whole=true"
    assert Pooling().link() == "pooling"
    assert (Pooling(window=3).window, Pooling().window) == (3, 2)
    with pytest.raises(TypeError, match="Pooling has no field 'kernel'"):
        Pooling(kernel=3)
    with pytest.raises(ValueError, match="7"):
        Pooling(window=7)


@pytest.mark.parametrize("state", State.pages.values(), ids=lambda state: state.__name__)
def test_every_link_on_a_page_is_a_state_of_its_page(state: type[State], open_page: OpenPage) -> None:
    pages = {page.rpartition("/")[2].removesuffix(".py"): known for page, known in State.pages.items()}
    app = until(open_page(state.page), at_rest)
    links = [element.proto for element in app.get("page_link") if element.proto.query_string]
    assert len(links) >= 3
    for link in links:
        target = pages[link.page]
        _, foreign = target.parse(dict(parse_qsl(link.query_string, keep_blank_values=True)))
        assert not foreign, link.label
