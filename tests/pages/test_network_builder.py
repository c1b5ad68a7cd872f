"""The page "Builder"."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.errors import CnnvizError
from cnnviz.models import LAYERS, PRESETS, Conv, Flatten, Linear, NetworkSpec, Parallel, build
from cnnviz.training import runs
from cnnviz.ui.builder import EXAMPLES, TITLES, from_link, kinds, to_link
from tests.pages.conftest import Open, words

PAGE = "pages/learning/builder.py"
MINE = NetworkSpec((Conv(5, 3), Flatten(), Linear()), "mine <script>")


@pytest.mark.parametrize("spec", [*PRESETS.values(), *EXAMPLES.values(), MINE], ids=lambda spec: spec.name)
def test_a_network_is_in_its_link(spec: NetworkSpec) -> None:
    text = to_link(spec)
    assert from_link(text) == spec
    assert len(text) < 3500


@given(st.text(max_size=60))
def test_any_link_gives_a_network_or_a_sentence(text: str) -> None:
    for link in (text, f"own-{text}"):
        with pytest.raises(CnnvizError):
            from_link(link)


def test_a_packed_bomb_is_refused() -> None:
    import base64
    import zlib

    bomb = base64.urlsafe_b64encode(zlib.compress(b" " * 50_000_000)).decode()
    with pytest.raises(CnnvizError, match="cannot be read"):
        from_link(f"own-{bomb}")


def test_each_kind_that_can_be_added_can_be_read_as_it_is_added() -> None:
    assert set(TITLES) <= set(LAYERS)
    for kind in kinds():
        spec = NetworkSpec.from_dict({"version": 2, "name": "x", "layers": [kind.fresh]})
        assert spec.layers[0].kind == kind.kind
        for option in kind.options:
            assert hasattr(spec.layers[0], option.name)


def test_the_page_works_a_network_out_and_trains_it(open_page: Open) -> None:
    app = open_page(PAGE, network=to_link(MINE), dataset="digits", epochs="1")
    assert not app.exception
    assert not app.error
    network = build(MINE, (1, 8, 8), 10)
    assert f"**{network.plan.parameters:,}** parameters" in words(app)
    names: dict = {}
    exec(compile(app.code[-1].value, "snippet", "exec"), names)
    assert sum(one.numel() for one in names["network"].parameters()) == network.plan.parameters
    app.button(key="train").click().run(timeout=60)
    assert not app.exception
    run = runs(1)[0]
    assert run.spec.network == MINE
    assert run.wait(60) == "finished"


@pytest.mark.parametrize("link", ["own-broken!", "own-AAAA", "nothing"])
def test_a_link_that_was_cut_off_is_a_sentence(link: str, open_page: Open) -> None:
    app = open_page(PAGE, network=link)
    assert not app.exception
    assert app.error


def test_what_cannot_be_built_can_not_be_trained(open_page: Open) -> None:
    app = open_page(PAGE, network=to_link(EXAMPLES["broken"]))
    assert not app.exception
    assert "cannot be built yet" in app.warning[0].value
    assert app.button(key="train").disabled


def test_json_both_ways(open_page: Open) -> None:
    app = open_page(PAGE, dataset="digits")
    spec = NetworkSpec(
        (Parallel(((Conv(2, 3, padding=1),), (Conv(2, 1),))), Flatten(), Linear()), "from a file"
    )
    file = ("network.json", json.dumps(spec.to_dict()).encode(), "application/json")
    app.get("file_uploader")[0].set_value(file).run()
    app.button(key="open_json").click().run()
    assert not app.exception
    assert not app.error
    assert from_link(app.query_params["network"]) == spec
    for content in (b"{", b"\xff\xfe", b'{"layers": 3}', b'{"layers": [{"kind": "warp"}]}'):
        app.get("file_uploader")[0].set_value(("bad.json", content, "application/json")).run()
        app.button(key="open_json").click().run()
        assert not app.exception
        assert app.error
        assert from_link(app.query_params["network"]) == spec
