"""How far to trust saliency maps, on a page: measures against random maps, shuffled weights, known answers."""

import streamlit as st
from torch import Tensor

from cnnviz.figures import falling_similarity, overlay, share_curves
from cnnviz.saliency import KNOWN_ANSWERS, METHODS, known_answer_table
from cnnviz.ui.attributions import Found, How, Question, common_floor, sanity, trust, trust_rows
from cnnviz.ui.charts import chart
from cnnviz.ui.components import WallItem, map_wall
from cnnviz.ui.jobs import job
from cnnviz.words import _


def show_measures(questions: list[Question], found: list[Found], image: Tensor, how: How) -> None:
    """The table of all measures, and the curves of deletion and insertion."""
    measured = trust(questions, found, image, how)
    if measured:
        floor, shares = common_floor(measured), next((one.curves.shares for one in measured if one), ())
        st.table(
            trust_rows(questions, measured),
            hide_index=True,
            alt=_("Measures of each map against a random one"),
        )
        st.caption(
            _(
                "Deletion: the most salient pixels go first; the probability should fall fast. Insertion: they come first on a blurred image; it should rise fast. "
                "✓ better than a random map for the same class. Infidelity: how badly the map predicts small changes. "
                "Sensitivity: how much the map changes when the image hardly does. "
                "Complete methods promise that their map adds up to S(x) − S(baseline)."
            )
        )
        for kind, column in zip(("deletion", "insertion"), st.columns(2), strict=True):
            curves = {
                q.title: getattr(one.curves, kind) for q, one in zip(questions, measured, strict=True) if one
            }
            curves |= {_("random map"): getattr(floor, kind)} if floor else {}
            with column:
                words = _("{kind} curves of {count} maps", kind=kind.capitalize(), count=len(curves))
                chart(kind, words, share_curves, curves, shares, _("probability, {kind}", kind=kind))


def show_sanity(
    questions: list[Question], found: list[Found], image: Tensor, how: How, absolute: bool
) -> None:
    """What becomes of the maps while the weights are shuffled, layer by layer."""
    checks = sanity(questions, found, image, how)
    if checks:
        verdicts = [
            f"**{_(METHODS[check.method].title)}**: {(_('✓ passes') if check.passes else _('✗ fails'))} ({check.similarities[-1]:.2f})."
            for check in checks
        ]
        st.markdown(" ".join(verdicts))
        several = len({check.method for check in checks}) < len(checks)
        curves = {
            f"{i + 1}. {_(METHODS[check.method].title)}"
            if several
            else _(METHODS[check.method].title): check.similarities
            for i, check in enumerate(checks)
        }
        words = _("Similarity of the maps while the weights are shuffled, layer by layer")
        chart("sanity_curves", words, falling_similarity, curves, checks[0].layers)
        first = checks[0]
        stages = [
            WallItem(
                f"{layer} {i}",
                overlay(image, one, _("shuffled to {layer}", layer=layer), absolute=absolute),
                title=layer,
                target=120,
                legend=False,
            )
            for i, (layer, one) in enumerate(zip(first.layers, first.maps, strict=True))
        ]
        st.caption(
            _(
                "{title} while weights are shuffled, from the last layer to the first. "
                "A map that stays shows the image, not what the network knows.",
                title=_(METHODS[first.method].title),
            )
        )
        map_wall("sanity_wall", stages)


def show_bench() -> None:
    """Every method on networks whose true map is known."""
    table = job("bench", _("Asking every method"), known_answer_table)
    if table:
        heads = {name: make(0) for name, make in KNOWN_ANSWERS.items()}
        st.table(
            [
                {_("method"): _(METHODS[m].title)}
                | {heads[k].title: "–" if v is None else f"{v:.2f}" for k, v in row.items()}
                for m, row in table.items()
            ],
            hide_index=True,
            alt=_("Rank correlation with the true map"),
        )
        st.caption(
            _("Spearman's rank correlation with the true map; 1 is perfect. ")
            + " ".join(f"{_(one.title)}: {one.why}" for one in heads.values())
        )
