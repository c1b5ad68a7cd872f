import pytest

from tests.pages.conftest import Open, words

PAGE = "pages/inside/feature_maps.py"


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"step": "0"},
        {"step": "17", "number": "3999", "one_scale": "true"},
        {"draw_network": "true"},
        {"image": "draw"},
        {"image": "draw", "centred": "false"},
        {"image": "photo", "photo": "coffee"},
        {"image": "upload"},
        {"image": "camera"},
        {"step": "abc", "number": "-5", "image": "elephant", "one_scale": "maybe"},
        {"number": "9999999"},
    ],
)
def test_states(state: dict[str, str], open_page: Open) -> None:
    app = open_page(PAGE, **state)
    assert not app.exception
    assert not app.error
    assert "Prediction at step" in words(app)


def test_a_foreign_run_gives_a_sentence_and_the_example_is_shown(open_page: Open) -> None:
    app = open_page(PAGE, run="../secret")
    assert not app.exception
    assert "not the name of a run" in app.error[0].value
    assert "Prediction at step" in words(app)


def test_a_photo_is_shown_as_the_network_sees_it_and_rubbish_gives_a_sentence(open_page: Open) -> None:
    from cnnviz.settings import ASSETS

    app = open_page(PAGE, image="upload")
    app.file_uploader(key="photo_file").set_value(
        ("cat.png", (ASSETS / "images" / "chelsea.png").read_bytes(), "image/png")
    ).run()
    assert not app.error
    app.file_uploader(key="photo_file").set_value(("cat.png", b"not a picture", "image/png")).run()
    assert not app.exception
    assert "not a picture" in app.error[0].value
    assert "Prediction at step" in words(app)


def test_a_network_with_blocks_opens_at_a_unit_where_branches_meet(open_page: Open) -> None:
    app = open_page(
        PAGE,
        network="untrained_small_resnet",
        layer="stage2.residual1.add",
        map="3",
        row="2",
        col="1",
        draw_network="true",
    )
    assert not app.exception
    assert not app.error
    assert "stage2.residual1.add, map 3" in [heading.value for heading in app.subheader]
    assert "add: the sum of **2** products" in words(app)
