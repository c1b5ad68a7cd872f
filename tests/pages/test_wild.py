"""The pages on networks in the wild, state by state."""

from urllib.parse import parse_qsl

import pytest

from cnnviz.data import fit, load, photo
from cnnviz.features import probabilities
from cnnviz.models import ARCHITECTURES, PRESET_TITLES, pretrained
from cnnviz.models.architectures import COMPETITION
from cnnviz.models.architectures.ideas import IDEAS
from cnnviz.training import Experiment, open_run, trained_networks
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
    assert IDEAS[name].note in said
    for one in bundled(name).outcomes:
        accuracy = f"**{one.accuracy.mean:.1%}** ({one.accuracy.low:.1%} to {one.accuracy.high:.1%})"
        assert f"| {one.title} | {accuracy} |" in said
        assert f"| {one.parameters:,} |" in said


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
    assert "A picture holds 1 to 12 runs, but this one has 24" in app.error[0].value
    assert not app.exception


def test_composition_shows_five_stages_of_the_large_network_at_once(open_page: Open) -> None:
    app = open_page("pages/wild/composition.py")
    assert not app.exception
    assert not app.error
    headings = [element.value for element in app.subheader]
    assert [heading for heading in headings if heading.startswith("Stage ")] == [
        "Stage 1: block2.expand_relu",
        "Stage 2: block4.expand_relu",
        "Stage 3: block6.expand_relu",
        "Stage 4: block12.expand_relu",
        "Stage 5: head_relu",
    ]
    assert "| 1 | 96 of 112×112 | 7×7 pixels | edges, lines and colours |" in words(app)


def test_composition_of_a_small_network_makes_its_images(open_page: Open) -> None:
    app = until(
        open_page("pages/wild/composition.py", network="trained_mini_vgg_fashion", image="test", number="9"),
        at_rest,
    )
    assert not app.exception
    assert "| 3 | 64 of 7×7 | 32×32, the whole image |" in words(app)
    app.number_input(key="filters").set_value(6).run()
    until(app, at_rest)
    assert not app.exception


@pytest.mark.parametrize("page", ["composition", "classify", "pipeline"])
@pytest.mark.parametrize(
    "network", ["untrained_mlp", "untrained_linear", "untrained_fast", "trained_mini_densenet_mnist"]
)
def test_every_kind_of_network_opens_or_says_why_not(page: str, network: str, open_page: Open) -> None:
    app = until(open_page(f"pages/wild/{page}.py", network=network, image="test"), at_rest)
    assert not app.exception
    for error in app.error:
        assert "no convolution" in error.value


def test_classify_says_what_the_network_says(open_page: Open) -> None:
    app = until(open_page("pages/wild/classify.py", image="photo", photo="coffee"), at_rest)
    assert not app.exception
    assert not app.error
    network = pretrained("efficientnet_lite0")
    answer = probabilities(network, fit(photo("coffee"), (3, 224, 224)).unsqueeze(0))[0]
    best = int(answer.argmax())
    said = words(app)
    assert f"says **{network.classes[best]}** ({answer[best]:.1%})" in said
    assert "The middle 400×400 are resized to 224×224 and divided by 255" in said
    assert "ms** in all" in said


def test_two_networks_on_one_image(open_page: Open) -> None:
    app = until(
        open_page(
            "pages/wild/classify.py",
            network="trained_lenet5_mnist",
            beside="trained_mini_vgg_mnist",
            image="test",
            number="8",
        ),
        at_rest,
    )
    said = words(app)
    for title in ("LeNet-5 (1998) on Handwritten digits", "Small VGG on Handwritten digits"):
        assert title in said
    assert said.count("ms** in all") == 2
    assert "All of it is taken as it is and divided by 255" in said


def test_put_together_each_card_leads_to_its_operation(open_page: Open) -> None:
    app = open_page("pages/wild/pipeline.py", number="3")
    assert not app.exception
    links = {
        link.proto.label: link.proto.query_string
        for link in app.get("page_link")
        if link.proto.icon == ":material/arrow_forward:"
    }
    assert links.keys() == {
        "Image as numbers",
        "Convolution",
        "Activation functions",
        "Pooling",
        "Flatten and softmax",
    }
    run = open_run("example")
    network = run.network(run.steps[-1])
    image = load("mnist", "test").floats(slice(3, 4))
    answer = probabilities(network, image)[0]
    assert f"**{int(answer.argmax())}**: {answer.max():.1%}" in words(app)
    app.selectbox(key="target").set_value("8").run()
    assert f"**8**: {answer[8]:.1%}" in words(app)


def test_a_layer_of_the_full_size_network_opens_in_the_microscope(open_page: Open) -> None:
    app = until(
        open_page(
            "pages/wild/architectures.py",
            architecture="efficientnet_lite0",
            layer="block3.conv3",
            image="photo",
        ),
        at_rest,
    )
    [link] = [one.proto for one in app.get("page_link") if "down to the products" in one.proto.label]
    opened = until(open_page("pages/inside/feature_maps.py", **dict(parse_qsl(link.query_string))), at_rest)
    assert not opened.exception
    assert not opened.error
    assert "block3.conv3, map" in "".join(one.value for one in opened.subheader)
