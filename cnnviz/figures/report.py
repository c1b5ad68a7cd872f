"""A run as one HTML file that needs no network and no app: settings, versions, curves, pictures, code; in the language of
whoever takes it.
"""

import base64
import html
import io
from collections.abc import Callable, Mapping

from cnnviz.data import DATASETS
from cnnviz.features import filters, probabilities
from cnnviz.figures.sheet import Sheet, image_sheet, judged_labels, map_sheet
from cnnviz.figures.vector import line_chart
from cnnviz.training import Metric, Run, evaluate
from cnnviz.training.data_seen import data_digest, replaced_words
from cnnviz.training.export import run_code, versions
from cnnviz.training.folder import STOPPED
from cnnviz.words import _, language, one_after_another, say

STRIP = 12
STYLE = """
body { font: 16px/1.5 sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
table { border-collapse: collapse; margin: 1rem 0 } td, th { border: 1px solid #ccc; padding: .25rem .6rem; text-align: right }
td:first-child, th:first-child { text-align: left } img { image-rendering: pixelated; max-width: 100% }
pre { background: #f4f4f4; padding: 1rem; overflow-x: auto; font-size: 13px } svg { max-width: 100%; height: auto }
"""


def report(run: Run, step: int) -> str:
    """The report of a run, with the weights of one of its steps."""
    metrics, spec = run.metrics(), run.spec
    title = _(
        "{network_name} on {title}", network_name=spec.network_name, title=_(DATASETS[spec.dataset].title)
    )
    accuracy = evaluate(run.network(step), spec.load("test"), spec.task).accuracy
    status = run.status
    sections = [
        f"<h1>{_text(title)}</h1>",
        _paragraph(
            _(
                "Run {id}: {state}, step {step} of {total}.",
                id=run.id,
                state=_(status.state),
                step=status.step,
                total=status.total_steps,
            ),
            "" if status.message == STOPPED else _(status.message),
        ),
        _paragraph(_("Test accuracy {accuracy:.2%} at step {step}.", accuracy=accuracy, step=step)),
        _heading(_("Curves")),
        _curves(metrics, "accuracy"),
        _curves(metrics, "loss"),
        *_pictures(run, step),
        _heading(_("Settings")),
        _table({name: value for name, value in spec.to_dict().items() if name not in ("version", "network")}),
        _heading(_("Data")),
        *_data(run),
        _heading(_("Network")),
        _layers(run),
        _heading(_("Versions")),
        _table(versions()),
        _heading(_("The code of this run")),
        f"<pre>{_text(run_code(run))}</pre>",
    ]
    return (
        f'<!doctype html><html lang="{language().replace("_", "-")}"><head><meta charset="utf-8"><title>{_text(title)}</title>'
        f"<style>{STYLE}</style></head><body>{''.join(sections)}</body></html>"
    )


def _data(run: Run) -> list[str]:
    """Which images the run learned from."""
    seen = run.data_seen
    if not seen:
        return [
            _paragraph(
                _("Which images it learned from was not written down: this run is of an older version.")
            )
        ]
    found = [
        _table(
            {
                _("SHA-256 of the training images and labels, from step {step}", step=one.step): one.digest
                for one in seen
            }
        )
    ]
    words = replaced_words(run.spec.dataset, seen)
    if data_digest(run.spec) != seen[-1].digest:
        words = one_after_another(
            words,
            say(
                "The data set '{dataset}' has been replaced since: the test accuracy above and the pictures are of the new one.",
                dataset=run.spec.dataset,
            ),
        )
    return [*found, _paragraph(_(words))] if words else found


def _text(value: object) -> str:
    return html.escape(str(value))


def _heading(text: str) -> str:
    return f"<h2>{_text(text)}</h2>"


def _paragraph(*sentences: str) -> str:
    return f"<p>{_text(' '.join(filter(None, sentences)))}</p>"


def _table(rows: Mapping[str, object]) -> str:
    cells = "".join(f"<tr><td>{_text(name)}</td><td>{_text(value)}</td></tr>" for name, value in rows.items())
    return f"<table>{cells}</table>"


def _layers(run: Run) -> str:
    rows = "".join(
        f"<tr><td>{_text(place.name)}</td><td>{'×'.join(map(str, place.output_shape))}</td>"
        f"<td>{place.parameters:,}</td><td>{place.multiply_adds:,}</td></tr>"
        for place in run.spec.plan
    )
    heads = (_("layer"), _("shape"), _("parameters"), _("multiply-adds"))
    return f"<table><tr>{''.join(f'<th>{_text(head)}</th>' for head in heads)}</tr>{rows}</table>"


def _curves(metrics: list[Metric], quantity: str) -> str:
    def points(of: Callable[[Metric], float | None]) -> list[tuple[float, float]]:
        return [(metric.step, value) for metric in metrics if (value := of(metric)) is not None]

    return line_chart(
        {
            _("training"): points(lambda metric: getattr(metric, quantity)),
            _("validation"): points(lambda metric: getattr(metric, f"val_{quantity}")),
        },
        _("step"),
        _(quantity),
    )


def _pictures(run: Run, step: int) -> list[str]:
    network, test = run.network(step), run.spec.load("test", STRIP)
    layer, kernels = filters(network)
    answers = judged_labels(probabilities(network, test.floats()), test.labels, test.classes)
    said = ", ".join(text.replace("\n", " ") for text, __ in answers)
    return [
        _heading(_("Kernels of {layer} at step {step}", layer=layer, step=step)),
        _picture(map_sheet(kernels, columns=8, what=_("kernels of {layer}", layer=layer), signed=True), 12),
        _heading(_("Test images at step {step}", step=step)),
        _picture(image_sheet(test.floats(), STRIP, _("test images")), 2),
        _paragraph(_("The network's answers: {answers}.", answers=said)),
    ]


def _picture(sheet: Sheet, pixels: int) -> str:
    buffer = io.BytesIO()
    sheet.enlarged(pixels).save(buffer, "PNG")
    png = base64.b64encode(buffer.getvalue()).decode()
    legend = _paragraph(
        _("From {low:.3g} to {high:.3g}, {scale}.", low=sheet.low, high=sheet.high, scale=_(sheet.scale.name))
    )
    return f'<img alt="{_text(sheet.alt)}" src="data:image/png;base64,{png}">{legend}'
