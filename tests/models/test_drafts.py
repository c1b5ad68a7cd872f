"""Networks that are being written: what is known of them, and repairs that mend them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.errors import CnnvizError
from cnnviz.models import (
    PRESETS,
    Activation,
    BatchNorm,
    Conv,
    Flatten,
    GroupNorm,
    Linear,
    NetworkSpec,
    Parallel,
    Pool,
    Repeat,
    Residual,
    build,
    summary,
)
from cnnviz.models.drafts import addresses, draft, layer_at, with_layers
from cnnviz.words import said_in
from tests import pseudo

SHAPE = (1, 28, 28)


@pytest.mark.parametrize("name", list(PRESETS))
def test_each_preset_is_known_layer_by_layer(name: str) -> None:
    spec = PRESETS[name]
    found = draft(spec, SHAPE, 10)
    assert (found.error, found.at, found.repairs) == ("", None, ())
    plan = summary(spec, SHAPE, 10)
    by_name = {one.name: one for one in plan.layers}
    seen = set()
    for layer_name, address in addresses(spec.layers):
        if address in seen:
            continue  # a repetition: the first one is told
        seen.add(address)
        place = found.places[address]
        if layer_name in by_name and not isinstance(layer_at(spec, address), Repeat):
            assert place.output_shape == by_name[layer_name].output_shape


BROKEN = {
    "kernel too large": (Pool(4), Pool(2), Conv(8, 5), Flatten(), Linear()),
    "no flatten layer": (Conv(8, 3), Linear()),
    "convolution behind the flatten layer": (Conv(4, 3), Flatten(), Conv(4, 3), Linear()),
    "no head": (Conv(8, 3), Activation("relu")),
    "a head for other classes": (Flatten(), Linear(7)),
    "channels that do not add": (Conv(4, 3), Residual((Conv(8, 3, padding=1),)), Flatten(), Linear()),
    "sizes that do not add": (Conv(4, 3), Residual((Conv(4, 3),)), Flatten(), Linear()),
    "smaller and wider": (Conv(4, 3), Residual((Conv(8, 3, 2, padding=1), BatchNorm())), Flatten(), Linear()),
    "branches of several sizes": (Parallel(((Conv(4, 3),), (Conv(4, 5),))), Flatten(), Linear()),
    "groups that do not divide": (Conv(6, 3), GroupNorm(4), Flatten(), Linear()),
    "nothing": (),
}


@pytest.fixture(scope="module")
def pseudo_language() -> None:
    pseudo.install()


@pytest.mark.parametrize("name", list(BROKEN))
@pytest.mark.usefixtures("pseudo_language")
def test_what_does_not_fit_has_a_sentence_and_a_repair(name: str) -> None:
    spec = NetworkSpec(BROKEN[name])
    found = draft(spec, SHAPE, 10)
    assert found.error
    place = found.error.partition(": ")[0]
    said = pseudo.unsaid(said_in(pseudo.NAME, found.error).removeprefix(f"{place}: "))
    assert not said
    if not spec.layers:
        assert "1 to" in found.error
        return
    assert found.repairs, found.error
    mended = draft(found.repairs[0].spec, SHAPE, 10)
    assert mended.error == ""
    build(found.repairs[0].spec, SHAPE, 10)
    if found.at is not None:
        layer_at(spec, found.at)


def test_what_stands_before_the_fault_is_known() -> None:
    spec = NetworkSpec((Conv(4, 3), Pool(2), Conv(8, 50), Flatten(), Linear()))
    found = draft(spec, SHAPE, 10)
    assert found.at == (2,)
    assert set(found.places) == {(0,), (1,)}
    assert found.places[1,].output_shape == (4, 13, 13)


def test_a_layer_in_a_branch_is_changed_where_it_stands() -> None:
    spec = NetworkSpec(
        (Parallel(((Conv(4, 3, padding=1),), (Conv(4, 1), Activation("relu")))), Flatten(), Linear())
    )
    address = (0, "branches", 1, 0)
    assert layer_at(spec, address) == Conv(4, 1)
    changed = with_layers(spec, address, lambda layer: (layer, BatchNorm()))
    assert layer_at(changed, (0, "branches", 1, 1)) == BatchNorm()
    assert layer_at(changed, (0, "branches", 0, 0)) == Conv(4, 3, padding=1)
    gone = with_layers(spec, address, lambda _: ())
    assert layer_at(gone, address) == Activation("relu")
    with pytest.raises(CnnvizError, match="no longer there"):
        layer_at(spec, (7,))


LAYERS = st.lists(
    st.sampled_from(
        [Conv(4, 3), Conv(6, 5, 2), Pool(2), Activation("relu"), BatchNorm(), Flatten(), Linear(12), Linear()]
    ),
    min_size=1,
    max_size=8,
)


@given(LAYERS)
def test_any_order_of_layers_is_built_or_explained(layers: list) -> None:
    found = draft(NetworkSpec(tuple(layers)), SHAPE, 10)
    if found.error:
        for repair in found.repairs:
            again = draft(repair.spec, SHAPE, 10)
            assert not again.error or len(again.places) >= len(found.places)
    else:
        build(found.spec, SHAPE, 10)
