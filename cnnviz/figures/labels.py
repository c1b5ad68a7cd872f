"""Plotly figures of several labels and of grades."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from torch import Tensor

from cnnviz.figures.colours import palette
from cnnviz.figures.curves import layout
from cnnviz.tasks.labels import LabelScores
from cnnviz.words import _

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def label_bars(
    yes: Tensor, softmax: Tensor | None, true: Tensor, classes: Sequence[str], threshold: float
) -> "Figure":
    """The probability of each label of one image, and what a softmax says of it; ✓ marks the labels that it has.

    Args:
        yes: (K,) probabilities; ``softmax``: (K,), or none.
        true: (K,) of 0 and 1.
        threshold: from which probability on a label is said.
    """
    from plotly.graph_objects import Bar, Figure

    names = [f"✓ {name}" if there else name for name, there in zip(classes, true.tolist(), strict=True)]
    shown = [(_("sigmoids: yes or no for each"), yes, "")]
    if softmax is not None:
        shown.append((_("softmax: one of all"), softmax, "/"))
    figure = Figure()
    for index, (title, values, pattern) in enumerate(shown):
        figure.add_trace(
            Bar(
                x=values.tolist(),
                y=names,
                orientation="h",
                name=title,
                marker={"color": palette().of(index), "pattern": {"shape": pattern}},
                text=[f"{value:.0%}" for value in values.tolist()],
                textposition="outside",
                cliponaxis=False,
                hovertemplate=f"%{{y}}, {title}: %{{x:.4f}}<extra></extra>",
            )
        )
    figure.add_vline(x=threshold, line={"color": "#888", "width": 3, "dash": "dot"})
    figure.update_layout(barmode="group", bargap=0.25)
    figure.update_yaxes(autorange="reversed", type="category")
    figure.update_xaxes(range=[0, 1.15], tickformat=".0%", tickvals=[0, 0.5, 1])
    return layout(figure, (34 if softmax is None else 40) * len(names) + 60)


def precision_and_recall(found: LabelScores, classes: Sequence[str]) -> "Figure":
    """Bars, a group a label; none where it is not said, or does not occur."""
    from plotly.graph_objects import Bar, Figure

    figure = Figure()
    for index, (title, values) in enumerate(
        ((_("precision TP / (TP + FP)"), found.precision), (_("recall TP / (TP + FN)"), found.recall))
    ):
        figure.add_trace(
            Bar(
                x=list(classes),
                y=values.nan_to_num(0.0).tolist(),
                name=title,
                marker={"color": palette().of(2 + index), "pattern": {"shape": "/" if index else ""}},
                hovertemplate=f"%{{x}}, {title}: %{{y:.1%}}<extra></extra>",
            )
        )
    figure.update_layout(barmode="group")
    figure.update_xaxes(type="category")
    figure.update_yaxes(tickformat=".0%", range=[0, 1.05])
    return layout(figure, 260)


def grade_confusion(counts: Tensor, grades: Sequence[str]) -> "Figure":
    """(K, K) counts with their numbers: row is the true grade, column the one that was said; coloured by the share of the row."""
    from plotly.graph_objects import Figure, Heatmap

    shares = counts / counts.sum(1, keepdim=True).clamp(min=1)
    figure = Figure(
        Heatmap(
            z=shares.tolist(),
            x=list(grades),
            y=list(grades),
            text=counts.tolist(),
            texttemplate="%{text}",
            zmin=0,
            zmax=1,
            xgap=2,
            ygap=2,
            colorscale=palette().sequential.plotly,
            showscale=False,
            hovertemplate=_("true %{y}, said %{x}: %{text} images<extra></extra>"),
        )
    )
    figure.update_yaxes(
        autorange="reversed", type="category", title=_("true"), scaleanchor="x", constrain="domain"
    )
    figure.update_xaxes(type="category", title=_("said"), constrain="domain")
    return layout(figure, 280)
