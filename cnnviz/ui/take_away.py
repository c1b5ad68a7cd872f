"""Files of a run: what one takes away, and weights that one brings."""

import importlib.util
from functools import cache, partial

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.settings import settings
from cnnviz.training import EXPORTS, TASKS, Run, TrainingSpec, bring
from cnnviz.ui.address import draw_again
from cnnviz.ui.frame import clicked
from cnnviz.ui.runs import show_run
from cnnviz.words import _, in_language, language

NEEDS = {"onnx": ("onnx", "onnxscript")}
"""Kind of file -> packages that not everybody has."""


@cache
def _is_installed(package: str) -> bool:
    """Looked for once a server: it lies in one of many folders."""
    return importlib.util.find_spec(package) is not None


def take_away(run: Run, step: int) -> None:
    """A button for each kind of file; it is made when it is asked for."""
    st.markdown(_("**Take it away**, at step {step}", step=step))
    with st.container(horizontal=True):
        for kind, entry in EXPORTS.items():
            if entry.of_labels and not TASKS[run.spec.task].labels:
                continue
            missing = not all(map(_is_installed, NEEDS.get(kind, ())))
            st.download_button(
                _(entry.title),
                partial(_made, run, kind, step, language()),
                f"{run.id}-{step}.{entry.suffix}" if entry.of_step else f"{run.id}.{entry.suffix}",
                entry.mime,
                key=f"export_{kind}",
                icon=":material/download:",
                on_click="ignore",
                disabled=missing,
                help=_("pip install -r requirements-onnx.txt") if missing else None,
            )


def _made(run: Run, kind: str, step: int, name: str) -> bytes:
    """The file, in a language: it is made when nobody draws the page any more."""
    with in_language(name):
        try:
            return run.export(kind, step)
        except CnnvizError as error:
            return _(error).encode()  # the run was deleted since: the file says so


def bring_weights(spec: TrainingSpec, key: str | None) -> None:
    """A file of weights becomes a run with the network, data set and settings of the page."""
    st.markdown(_("**Bring weights** for the network and the data set of the settings"))
    most = settings().max_weights_bytes
    file = st.file_uploader(
        _("safetensors, or a PyTorch state_dict"),
        ["safetensors", "pt", "pth", "bin"],
        key="weights_file",
        help=_("Up to {most:,.0f} MB. Nothing in the file is ever run.", most=most / 1000000.0),
    )
    pressed = st.button(
        _("Open these weights"), key="bring", icon=":material/upload:", disabled=file is None or key is None
    )
    with clicked(pressed, "bring", (file and file.file_id, spec)):
        if pressed and file is not None:
            show_run(bring(file.getvalue(), spec, key).id)
            draw_again()
