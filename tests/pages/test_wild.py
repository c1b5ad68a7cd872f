"""The pages on networks in the wild, state by state."""

import pytest

from cnnviz.models import ARCHITECTURES, PRESET_TITLES
from cnnviz.models.architectures import COMPETITION
from cnnviz.models.architectures.ideas import IDEAS
from cnnviz.training import Experiment, trained_networks
from cnnviz.training.outcomes import bundled
from cnnviz.ui.ideas import racers
from tests.pages.conftest import Open, at_rest, until, words


@pytest.mark.parametrize("name", list(ARCHITECTURES))
def test_every_architecture_opens_with_its_counts(name: str, open_page: Open) -> None:
    app = until(open_page("pages/wild/architectures.py", architecture=name, view="volumes"), at_rest)
    assert not app.exception
    assert not app.error
    entry = ARCHITECTURES[name]
    said = words(app)
    assert f"**{entry.parameters:,}**" in said
    assert entry.idea in said
    for figure in entry.figures:
        assert figure.source in said
    table = app.dataframe[0].value
    assert int(table["parameters"].sum()) == entry.parameters


def test_two_networks_side_by_side_say_what_differs(open_page: Open) -> None:
    app = until(open_page("pages/wild/architectures.py", architecture="alexnet", beside="googlenet"), at_rest)
    said = words(app)
    assert "AlexNet has **9.22 times** as many parameters" in said
    assert "GoogLeNet has **2.1 times** as many multiply-adds" in said
    assert "**96%** of the parameters of AlexNet" in said
    assert len(app.dataframe) == 2


def test_too_small_an_image_is_a_sentence_and_the_page_stays(open_page: Open) -> None:
    app = open_page("pages/wild/architectures.py", architecture="vgg16", side="20")
    assert not app.exception
    assert "Use 32×32 pixels" in app.error[0].value
    app.number_input(key="side").set_value(64).run()
    until(app, at_rest)
    assert not app.error
    assert "VGG-16 at 3×64×64" in words(app)


def test_a_layer_of_the_link_shows_its_maps_with_weights_that_work(open_page: Open) -> None:
    app = until(open_page("pages/wild/architectures.py", layer="conv2", image="test", number="7"), at_rest)
    assert not app.exception
    until(app, lambda app: "**conv2** with trained weights" in words(app))
    app.toggle(key="learned").set_value(False).run()
    until(app, lambda app: "**conv2** with random weights" in words(app))


def test_the_bundled_imagenet_network_shows_its_published_weights(open_page: Open) -> None:
    app = until(
        open_page("pages/wild/architectures.py", architecture="efficientnet_lite0", layer="block3.conv3"),
        at_rest,
    )
    until(app, lambda app: "**block3.conv3** with published weights" in words(app))
    assert "4,652,008" in words(app)


@pytest.mark.parametrize("dataset", ["mnist", "fashion"])
def test_depth_shows_the_competition_and_what_accuracy_costs(dataset: str, open_page: Open) -> None:
    app = open_page("pages/wild/depth.py", dataset=dataset)
    assert not app.exception
    said = words(app)
    for entry in COMPETITION:
        assert entry.source in said
    for (name, other), entry in trained_networks().items():
        if other == dataset:
            assert f"{100 * entry.accuracy:.1f} %" in said
            assert PRESET_TITLES[name].partition(":")[0].removeprefix("Small ") in said
    app.segmented_control(key="work").set_value("measured").run()
    until(app, at_rest)
    assert "ms for one image" in words(app)


def test_a_trained_small_form_opens_in_the_microscope(open_page: Open) -> None:
    app = until(
        open_page("pages/inside/feature_maps.py", network="trained_mini_vgg_fashion", image="test"), at_rest
    )
    assert not app.exception
    assert not app.error
    assert "Predicted" in words(app) or "Prediction" in words(app)


@pytest.mark.parametrize("name", list(IDEAS))
def test_every_idea_opens_with_its_result_and_what_to_expect(name: str, open_page: Open) -> None:
    app = open_page("pages/wild/ideas.py", idea=name)
    assert not app.exception
    assert not app.error
    said = words(app)
    assert IDEAS[name].expect in said
    for one in bundled(name).outcomes:
        assert f"| {one.title} | {one.parameters:,} |" in said
        assert f"**{one.accuracy.mean:.1%}** ({one.accuracy.low:.1%} to {one.accuracy.high:.1%})" in said


def test_the_time_of_each_network_is_measured_here(open_page: Open) -> None:
    app = until(open_page("pages/wild/ideas.py", idea="octave", measured="true"), at_rest)
    assert "ms an image" in words(app)
    assert not app.error


def test_ones_own_trainings_are_put_together_by_seed(open_page: Open) -> None:
    specs = racers("small_filters", ["one7x7", "three3x3"], seeds=2, epochs=1)
    begun = Experiment.start("Three 3×3 against one 7×7", specs)
    for run in begun.runs.values():
        run.wait(300)
    app = open_page("pages/wild/ideas.py", idea="small_filters", race=begun.id)
    assert not app.exception
    said = words(app)
    ends = [
        run.metrics()[-1].val_accuracy for title, run in begun.runs.items() if title.startswith("one 7×7")
    ]
    found = [one for one in ends if one is not None]
    assert f"({min(found):.1%} to {max(found):.1%})" in said


def test_more_runs_than_a_picture_can_tell_apart_are_refused_with_a_sentence(open_page: Open) -> None:
    names = ",".join(spec.name for spec in IDEAS["residual"].networks.values())
    app = open_page("pages/wild/ideas.py", networks=names, seeds="3")
    app.button(key="race_start").click().run()
    assert "1 to 12 runs, but this one has 24" in app.error[0].value
    assert not app.exception
