"""The page of faces: which images are judged, pairs on a wall, rates in tables, and a small network for a face set."""

import time
from collections.abc import Mapping, Sequence

import streamlit as st
from torch import Tensor

from cnnviz.data import DATASETS, ImageDataset, load
from cnnviz.data.faces import face_sets, images_to_verify, is_here, load_faces
from cnnviz.errors import CnnvizError
from cnnviz.features import layer_features
from cnnviz.features.composition import Stage
from cnnviz.features.verification import (
    ClassErrors,
    Judgement,
    Verification,
    by_class,
    draw_pairs,
    verification,
)
from cnnviz.figures import bars, image_sheet, palette, verification_curves
from cnnviz.training import Run, TrainingSpec
from cnnviz.ui.charts import chart
from cnnviz.ui.components import WallItem, map_wall
from cnnviz.ui.composition import look_at, searched, searched_images, stage_items, stages_of
from cnnviz.ui.jobs import Progress, job
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import TRAINED, UNTRAINED, UNTRAINED_ON, OpenNetwork
from cnnviz.ui.outside import plain
from cnnviz.ui.retrieval import fitted
from cnnviz.ui.states.faces import HIGHEST, Faces, sets_in_menu
from cnnviz.ui.tables import folded_table
from cnnviz.words import _, say, sentence_of

MOST, MOST_LARGE = 1000, 240
"""Images that are judged; fewer by a network for photographs, which takes some milliseconds for each."""
LARGE_SIDE, SMALL_SIDE = 100, 32
EPOCHS, SEEN, FEW = 30, 20_000, 2000
"""A small set is seen often, a large one once; so many images in all, in small batches where there are few."""
WRONG_PAIRS = 5
WORST = 12
NOUNS = {
    "mnist": say("digit"),
    "digits": say("digit"),
    "fashion": say("kind of clothes"),
    "patches": say("photograph"),
}
NOUNS |= {"olivetti": say("person"), "lfw": say("person"), "faces-or-not": say("kind")}
FILTERS = 5
GENDER_SHADES = (
    "One rate for all hides whom a system fails. *Gender Shades* (2018) tested three commercial programs that name the gender "
    "of a face: they were wrong for at most 0.8 % of lighter-skinned men, and for up to 34.7 % of darker-skinned women. "
    "So count for each group, and mind how few pairs some of these rates stand on."
)
CONSENT = (
    "A face is personal data. Where it serves to identify somebody, it is biometric data, which European law protects as it "
    "does data on health: it is forbidden to use, unless that person has agreed or the law names an exception (GDPR, article 9). The people of "
    "large face sets were hardly ever asked. So **no face set is bundled**, and the page begins with digits, on which verification "
    "is the same. scikit-image, which this app needs anyway, brings 100 small faces of LFW without names; Olivetti and LFW are "
    "downloaded when you ask, and their people have numbers here."
)
FALSE_ACCEPTS = (0.1, 0.01, 0.001)


def noun(name: str) -> str:
    """What two images are the same of."""
    return _(NOUNS.get(name, say("class")))


def data_of(chosen: Run | str) -> tuple[str, tuple[str, ...]]:
    """The data set that a network was trained on, and its classes there; none for a network of ImageNet."""
    if isinstance(chosen, Run):
        return chosen.spec.dataset, chosen.spec.classes or tuple(chosen.spec.entry.classes)
    if chosen.startswith(TRAINED):
        name = chosen.rpartition("_")[2]
        return name, tuple(DATASETS[name].classes)
    return "", ()


def choose_set(chosen: Run | str) -> str:
    """The menu of images; returns the data set that is shown, a bundled one until a face set is here."""
    titles, own = sets_in_menu(), data_of(chosen)[0]
    for name in (own, Faces.people.now):
        if name and name not in titles and name in DATASETS:
            titles[name] = DATASETS[name].title
    untrained = isinstance(chosen, str) and chosen.startswith(UNTRAINED)
    usual = own if own in titles else UNTRAINED_ON if untrained else "patches"
    name = Faces.people.draw(titles=titles, usual=usual)
    if name in list(DATASETS):
        st.caption(
            _("No face set is bundled: nobody in it was asked. Here the same is done with other things.")
        )
    if name in DATASETS or name not in face_sets() or _had(name):
        return name
    return usual if usual in DATASETS else "patches"


def _had(name: str) -> bool:
    """Whether a face set is here now; else its button, its progress, or why it did not come."""
    entry = face_sets()[name]
    if not entry.megabytes:
        load_faces(name)
        return True
    asked, when = st.session_state.get("face_set_asked", ("", 0.0))
    if asked == name:
        said = job("fetch_faces", _("Downloading {title}", title=_(entry.title)), fetched, name, when)
        if said is not None:
            del st.session_state["face_set_asked"]
            if not said:
                return True
            st.warning(plain(said), icon=":material/wifi_off:")
        else:
            return False
    st.caption(
        _(
            "{about}. {source}. Licence: {licence}.",
            about=entry.about,
            source=entry.source,
            licence=_(entry.licence),
        )
    )

    def ask() -> None:
        st.session_state["face_set_asked"] = name, time.time()

    st.button(
        _("Download {megabytes:g} MB", megabytes=entry.megabytes),
        key="fetch_faces_button",
        icon=":material/download:",
        on_click=ask,
    )
    st.info(_("It is not on this machine yet. Until it is, you see other images."), icon=":material/info:")
    return False


def fetched(name: str, _asked: float, progress: Progress) -> str:
    """Fetches a face set; why it could not, in a sentence, or nothing. Each time somebody asks is another try."""
    try:
        load_faces(name, lambda done, total: progress(done / max(1, total)))
    except CnnvizError as error:
        return sentence_of(error)
    return "" if is_here(name) else _("The face set was taken away again. Try it once more.")


def judged_images(name: str, seen: bool, shape: tuple[int, int, int], _digest: str) -> ImageDataset:
    """The images that are judged, of the size that the network takes; ``_digest`` tells sets of one name apart."""
    most = MOST_LARGE if max(shape[1:]) > LARGE_SIDE else MOST
    data = images_to_verify(name, seen, most)
    return data if data.shape == shape else fitted(data, shape)


def embedded(network: OpenNetwork, layer: str, data: ImageDataset, progress: Progress) -> Tensor:
    """(N, D) what a layer makes of all images."""
    return layer_features(network.model, layer, data.images, progress=progress)


def fits(name: str, network: OpenNetwork) -> bool:
    """Whether a network takes the images of a data set as they are."""
    return DATASETS[name].shape == network.input_shape


def judged(vectors: Tensor, labels: Tensor, count: int, seed: int) -> Verification:
    """Pairs by the seed, and how well their distances tell them apart."""
    return verification(vectors, draw_pairs(labels, count, seed))


def usual_threshold(found: Verification) -> float:
    """That of the equal error rate, as far as the slider goes."""
    return min(HIGHEST, round(found.equal_error_threshold, 3))


def strangers(name: str, chosen: Run | str) -> str:
    """Whether the network knows those whom it judges, in a sentence."""
    trained_on, classes = data_of(chosen)
    if trained_on != name:
        return _(
            "The network was not trained on these images: each {noun} is a stranger, as people are to a door that opens by their face.",
            noun=noun(name),
        )
    if len(classes) == len(DATASETS[name].classes):
        return _(
            "The network was trained on every {noun} here (on other images), which makes it easy. "
            "A real system judges people whom it has never seen.",
            noun=noun(name),
        )
    known = plain(", ".join(classes))
    return _(
        "The network was trained on {known} alone; every other {noun} is a stranger to it.",
        known=known,
        noun=noun(name),
    )


def in_words(found: Verification, now: Judgement) -> str:
    """The two curves in words."""
    return _(
        "False-accept and false-reject rate by threshold. They cross at {equal_error_rate:.1%}, at a distance of "
        "{equal_error_threshold:.3f}. At {threshold:.3f}: {false_accept:.1%} false accepts, {false_reject:.1%} false rejects",
        equal_error_rate=found.equal_error_rate,
        equal_error_threshold=found.equal_error_threshold,
        threshold=now.threshold,
        false_accept=now.false_accept,
        false_reject=now.false_reject,
    )


def rate_rows(found: Verification, now: Judgement) -> list[dict[str, str]]:
    """The rates at some thresholds."""
    rows = {
        _("the slider's"): now,
        _("equal error rate"): found.at(found.equal_error_threshold),
        _("highest accuracy"): found.best(),
        **{
            _("at most {most:.1%} false accepts", most=most): found.at_false_accept(most)
            for most in FALSE_ACCEPTS
        },
    }
    return [
        {
            _("Threshold"): f"{words}: {judgement.threshold:.3f}",
            _("False accepts"): f"{judgement.false_accept:.1%}",
            _("False rejects"): f"{judgement.false_reject:.1%}",
            _("Accuracy"): f"{judgement.accuracy:.1%}",
        }
        for words, judgement in rows.items()
    ]


def wall_of_pairs(data: ImageDataset, found: Verification, numbers: Tensor) -> list[WallItem]:
    """Pairs of images with their classes and their distance."""
    items = []
    for number in numbers.tolist():
        pair = [int(found.pairs.first[number]), int(found.pairs.second[number])]
        labels = tuple((data.classes[int(data.labels[one])], palette().wrong) for one in pair)
        items.append(
            WallItem(
                _("pair {number}", number=number),
                image_sheet(data.floats(pair), columns=2, what=_("two images that were judged wrongly")),
                unit=_("image"),
                labels=labels,
                title=_("distance {distance:.3f}", distance=found.distances[number]),
                target=80,
                legend=False,
                hint="",
            )
        )
    return items


def wall_of_one(data: ImageDataset, number: int) -> list[WallItem]:
    """One image, large."""
    name = data.classes[int(data.labels[number])]
    sheet = image_sheet(data.floats([number]), what=_("the image that is asked about, {name}", name=name))
    return [WallItem("portrait", sheet, unit=_("image"), title=name, target=170, legend=False, hint="")]


def worst_classes(rows: Sequence[ClassErrors], classes: Sequence[str]) -> dict[str, float]:
    """Class -> its false-reject rate in percent, the highest first."""
    return {classes[row.label]: 100 * row.false_reject for row in rows[:WORST]}


def worst_in_words(rates: Mapping[str, float], title: str) -> str:
    """The bars in words."""
    return f"{title}: " + "; ".join(f"{name} {rate:.1f}" for name, rate in rates.items())


def class_rows(
    rows: Sequence[ClassErrors], classes: Sequence[str], kind: str, known: Sequence[str]
) -> list[dict[str, str]]:
    """What goes wrong for each class."""
    return [
        {
            kind.capitalize(): plain(classes[row.label]),
            _("False rejects"): _(
                "{rejected} of {same} ({false_reject:.0%})",
                rejected=row.rejected,
                same=row.same,
                false_reject=row.false_reject,
            ),
            _("False accepts"): _(
                "{accepted} of {different} ({false_accept:.0%})",
                accepted=row.accepted,
                different=row.different,
                false_accept=row.false_accept,
            ),
            _("In the training"): _("yes") if classes[row.label] in known else _("no"),
        }
        for row in rows
    ]


def three_depths(found: Sequence[Stage]) -> dict[str, int]:
    """Which stages stand for early, middle and late."""
    last = len(found) - 1
    places = (_("Early"), 0), (_("Middle"), last // 2 if last > 1 else 0), (_("Late"), last)
    return {words: number for at, (words, number) in enumerate(places) if not at or number > 0}


def depth_title(words: str, stage: Stage, shape: tuple[int, int, int]) -> str:
    """A stage, and how much of the image one of its units sees."""
    side = max(stage.field.size) if isinstance(stage.field.size, tuple) else stage.field.size
    whole = side >= max(shape[1:])
    return _(
        "{words}: {layer}, one unit sees {side}",
        words=words,
        layer=stage.layer,
        side=_("the whole image") if whole else _("{side}×{side} pixels", side=side),
    )


def image_at(data: ImageDataset, number: int) -> Tensor:
    return data.floats([number])[0]


def training_of(name: str) -> dict[str, TrainingSpec]:
    """A training that gives a small network for a data set in a moment: title -> its specification."""
    network = "mini_vgg" if max(DATASETS[name].shape) <= SMALL_SIDE else "fast"
    count = len(load(name))
    epochs = min(EPOCHS, max(1, SEEN // count))
    return {
        _("{network} on {name}", network=network, name=name): TrainingSpec(
            name, network, epochs=epochs, batch_size=20 if count < FEW else 128
        )
    }


# --- drawn on the page ---


def show_judgement(data: ImageDataset, found: Verification, threshold: float, known: Sequence[str]) -> None:
    """What comes of the threshold: rates, curves, wrong pairs, and for whom it goes wrong."""
    now, kind = found.at(threshold), noun(data.name)
    st.markdown(
        _(
            "Same {kind}, up to a distance of **{threshold:.3f}**: **{false_accept:.1%}** of the pairs of two are accepted "
            "(false accepts), **{false_reject:.1%}** of the pairs of one are rejected (false rejects). "
            "Equal error rate: **{equal_error_rate:.1%}**.",
            kind=kind,
            threshold=threshold,
            false_accept=now.false_accept,
            false_reject=now.false_reject,
            equal_error_rate=found.equal_error_rate,
        )
    )
    chart("error_rates", in_words(found, now), verification_curves, found, threshold)
    for same, words in (
        (True, _("The same {kind}, but rejected", kind=kind)),
        (False, _("Not the same {kind}, but accepted", kind=kind)),
    ):
        wrong = found.just_wrong(threshold, same, WRONG_PAIRS)
        st.markdown(
            f"**{words}**"
            + (_(", just beyond the threshold:") if len(wrong) else _(": none at this threshold."))
        )
        if len(wrong):
            map_wall(f"wrong_{same}", remember(wall_of_pairs, data, found, wrong))
    folded_table(
        _("The rates at other thresholds, as a table"),
        "rates_in_words",
        lambda: rate_rows(found, now),
        _(
            "For comparison, the accuracy on the pairs of LFW: people 97.53 %, DeepFace (2014) 97.35 %, FaceNet (2015) 99.63 %."
        ),
    )
    st.subheader(_("Whom does it fail?"), anchor=False)
    rows = remember(by_class, found, data.labels, threshold)
    rates, title = worst_classes(rows, data.classes), _("rejected pairs of the same {kind}, %", kind=kind)
    left, right = st.columns([1.2, 1], gap="medium")
    with left:
        chart("by_class", worst_in_words(rates, title), bars, rates, title)
    right.markdown(_(GENDER_SHADES))
    folded_table(
        _("Each {kind}, as a table", kind=kind),
        "classes_in_words",
        lambda: class_rows(rows, data.classes, kind, known),
    )


def show_depths(network: OpenNetwork, data: ImageDataset) -> None:
    """Of an early, a middle and a late stage the filters that an image fires most, and what else fires them."""
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        number = Faces.portrait.draw(high=len(data) - 1)
        map_wall("portrait_wall", remember(wall_of_one, data, number))
    with right:
        found = remember(stages_of, network)
        what = _("Searching images that fire the filters")
        usual = job("face_peaks", what, searched, network, [stage.layer for stage in found], data)
        if usual is None:
            return
        images = searched_images(data, network.input_shape)
        look = look_at(network, found, remember(image_at, data, number), images, usual, FILTERS)
        for words, stage in three_depths(found).items():
            st.markdown(f"**{depth_title(words, found[stage], network.input_shape)}**")
            map_wall(f"depth_{words}", remember(stage_items, look, stage, [None]))
        st.caption(
            _(
                "The filters that this image fires most beyond what is usual: what they see of it, and what fires them most of all images."
            )
        )
