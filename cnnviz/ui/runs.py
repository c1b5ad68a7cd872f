"""A training run on a page: which one, who may see and command it, and how it is watched while it grows."""

import math
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import streamlit as st

from cnnviz.data import DATASETS, DatasetEntry, fetch_all_images
from cnnviz.errors import CnnvizError
from cnnviz.models import PRESET_TITLES, resolve
from cnnviz.settings import settings
from cnnviz.training import TASKS, Metric, Run, TrainingSpec, open_run, runs
from cnnviz.training.folder import STOPPED
from cnnviz.training.spec import KNOB_TITLES, KNOBS
from cnnviz.ui.address import draw_again, once_a_run
from cnnviz.ui.components import browser_key, step_player
from cnnviz.ui.fields import Open, Text
from cnnviz.ui.frame import clicked, link
from cnnviz.ui.outside import plain
from cnnviz.ui.state import State
from cnnviz.words import _, sentence_of

EXAMPLE = "example"
"""The bundled run: something to look at before the first own training."""
IN_MENU = 20
RETRY_SECONDS = 120.0
"""A download that failed is not tried again before, unless somebody asks: each try takes some seconds."""
_no_network: dict[Path, tuple[float, str]] = {}
"""Where a data set would be -> when its download failed, and why."""


class WithRun(State):
    """Part of the state of a page that shows a training run."""

    run = Text(
        "Training run", sticky=True, help="The training run that is shown. It is set by the list of runs."
    )
    step = Open(
        "Training step",
        0,
        whole=True,
        shared=True,
        help="The saved step of the training whose weights are used. Empty: the newest one.",
    )


def run_here(run_id: str) -> Run:
    """``open_run``, once a drawing: menu, player and pictures ask for the same one."""
    return once_a_run(open_run, run_id)


def of_images(run: Run) -> bool:
    """Whether the run learns the classes of whole images, which most pages look at."""
    return TASKS[run.spec.task].labels


def show_run(run_id: str) -> None:
    """From now on this session's pages show this run, at its newest step."""
    WithRun.run.set(run_id)
    WithRun.step.forget()


def current_run() -> Run | None:
    """The run of the address, else the one this session saw last. A sentence, and ``None``, if it cannot be
    opened.
    """
    run_id = WithRun.run.now
    if not run_id:
        return None
    try:
        run = run_here(run_id)
    except CnnvizError as error:
        st.error(plain(error), icon=":material/error:")
        return None
    if not of_images(run):
        task = TASKS[run.spec.task].title.partition(":")[0]
        st.error(
            _(
                "This run learns {task}, so it has no class for a whole image. Open it on the page “{task2}”.",
                task=task.lower(),
                task2=task,
            ),
            icon=":material/error:",
        )
        return None
    remember_opened(run_id)
    WithRun.run.shows(run_id, run_id)
    return run


def remember_opened(run_id: str) -> None:
    """Who has a run's link may look: from now on this session's menu offers it."""
    opened = st.session_state.setdefault("runs_opened", [])
    if run_id not in opened:
        opened.append(run_id)


def current_step(run: Run, place: Open | None = None) -> int | None:
    """The saved step that was chosen, or the nearest to it; ``None`` for the newest.

    Args:
        place: the field of the page's state, if it is not the one that most pages share.
    """
    chosen = WithRun.step if place is None else place
    wanted = chosen.now
    step = None if wanted is None else min(run.steps, key=lambda step: abs(step - wanted), default=None)
    chosen.shows(step, None if step is None else str(step))
    return step


def choose_step(
    key: str,
    run: Run,
    *,
    live: bool = False,
    on_step: Callable[[], None] | None = None,
    place: Open | None = None,
) -> int | None:
    """The step player; returns the step that is shown, ``None`` for the newest."""
    chosen = WithRun.step if place is None else place
    wanted = current_step(run, chosen)

    def hear(step: int | None) -> None:
        if step is None:
            chosen.forget()
        else:
            chosen.set(step)
        if on_step is not None:
            on_step()

    step_player(key, run.id, run.steps, run.total_steps, wanted, live, hear)
    return wanted


def run_title(run: Run) -> str:
    """A run in a menu."""
    if run.id.startswith(EXAMPLE):
        return _(
            "Example: {network_name} on {dataset}",
            network_name=run.spec.network_name,
            dataset=run.spec.dataset,
        )
    return run.name or _(
        "{network_name} on {dataset}, seed {seed} ({id})",
        network_name=run.spec.network_name,
        dataset=run.spec.dataset,
        seed=run.spec.seed,
        id=run.id.rpartition("-")[2],
    )


def runs_in_menu() -> list[Run]:
    """The bundled example, this browser's newest runs, and those whose link this session has opened; nobody
    else's.
    """
    key = browser_key("browser_key_of_menu")
    found = {EXAMPLE: run_here(EXAMPLE)}
    found |= {run.id: run for run in (runs(IN_MENU, key=key) if key else [])}
    for run_id in reversed(st.session_state.get("runs_opened", [])[-IN_MENU:]):
        # It may have been deleted since to make room.
        with suppress(CnnvizError):
            found.setdefault(run_id, run_here(run_id))
    return list(found.values())


def runs_of_images() -> list[Run]:
    """Those of the menu that most pages can look at."""
    return [run for run in runs_in_menu() if of_images(run)]


def choose_run() -> Run:
    """The run of the address or of this session, else the bundled one; a menu offers the others.

    Raises:
        CnnvizError: the run has no saved weights yet.
    """
    linked = current_run()
    run = linked or run_here(EXAMPLE)
    known = {entry.id: run_title(entry) for entry in (*runs_of_images(), run)}

    def menu(begin: str | None, key: str, moved: Callable[[], None]) -> str:
        return st.selectbox(
            _(WithRun.run.label),
            list(known),
            0 if begin is None else list(known).index(begin),
            help=_("The training whose network is shown: yours, or the one that comes with the app."),
            format_func=known.__getitem__,
            key=key,
            on_change=moved,
        )

    WithRun.run.control(None, run.id, lambda __: run.id, menu, WithRun.step.forget)
    WithRun.run.shows("" if linked is None else run.id, None if linked is None else run.id)
    if not run.steps:
        raise CnnvizError(
            "This run has not started yet, so it has no weights to look at. Wait a moment, or choose another run."
        )
    return run


def notices(run: Run, metrics: list[Metric]) -> None:
    """What went wrong with a run and what to do; nothing for one that goes well."""
    status = run.status
    if status.state in ("diverged", "failed", "interrupted"):
        st.warning(plain(_(status.message)), icon=":material/warning:")
    elif status.message and status.message != STOPPED:
        st.caption(plain(_(status.message)))
    if status.state == "finished":
        _at_chance(run, metrics)


def _at_chance(run: Run, metrics: list[Metric]) -> None:
    """Says so where a run has learned nothing, and what to try."""
    measured = [metric.val_accuracy for metric in metrics if metric.val_accuracy is not None]
    if not measured or measured[-1] > 1.5 / len(run.spec.entry.classes):
        return
    rate = f"{run.spec.base_learning_rate / 3:.1g}"
    st.warning(
        _(
            "This network answers no better than chance. Most often the learning rate was too large: one step threw the weights so far that no ReLU unit "
            "is above zero any more, and where all are zero no gradient comes through. Otherwise it has seen too few images."
        ),
        icon=":material/warning:",
    )
    state = {
        "dataset": run.spec.dataset,
        "network": run.spec.network_name,
        "optimizer": run.spec.optimizer,
        "learning_rate": rate,
    }
    link(
        "pages/learning/training_lab.py",
        _("Set it up again with the learning rate {rate}", rate=rate),
        ":material/restart_alt:",
        state,
    )


def commands(run: Run, key: str | None) -> None:
    """Pause, one step, resume, stop, and the learning rate; only for the browser with the key that started
    the run.
    """
    if not run.belongs_to(key):
        st.caption(
            _("You are looking at this run. Only the browser that started it can pause, resume or stop it.")
        )
        return
    state = run.state
    row = st.container(horizontal=True, vertical_alignment="bottom")
    asked: list[Callable[[], None]] = []
    with row:
        if state in ("running", "queued"):
            if st.button(_("Pause"), key="pause", icon=":material/pause:"):
                asked.append(run.pause)
        elif st.button(_("Resume"), key="resume", icon=":material/play_arrow:", disabled=state == "finished"):
            asked.append(run.resume)
        if st.button(
            _("One step"),
            key="one_step",
            icon=":material/skip_next:",
            disabled=state not in ("paused", "stopped", "interrupted"),
        ):
            asked.append(run.step)
        if st.button(
            _("Stop"),
            key="stop",
            icon=":material/stop:",
            disabled=state not in ("running", "queued", "paused", "interrupted"),
        ):
            asked.append(run.stop)
        knob = st.selectbox(
            _("Turn"),
            KNOBS,
            key="knob",
            help=_("The setting that is changed while the training runs; it counts from the next step on."),
            format_func={name: _(title) for name, title in KNOB_TITLES.items()}.__getitem__,
            width=230,
            disabled=state == "finished",
        )
        now = getattr(run.spec, knob)
        value = st.number_input(
            _("New value"),
            value=None,
            key="new_rate",
            help=_("The value that the setting gets; empty boxes change nothing."),
            format="%g",
            placeholder=_("off") if now is None else f"{now:g}",
            width=130,
            disabled=state == "finished",
        )
        pressed = st.button(_("Set"), key="set_rate", disabled=value is None or state == "finished")
    with clicked(pressed or bool(asked), "command", run.id):
        for command in asked:
            command()
            draw_again()
        if pressed and value is not None:
            run.set(**{knob: value})
            st.toast(
                _(
                    "From the next step on: {knob_titles} {value:g}. The curves have a mark there.",
                    knob_titles=_(KNOB_TITLES[knob]).lower(),
                    value=value,
                )
            )


def fetch_all(entry: DatasetEntry) -> bool:
    """A switch for all images of a data set instead of the bundled ones; they are downloaded once."""
    if not st.toggle(
        _("All images (download)"),
        key="full",
        persist_state="session",
        help=_("{full_bytes:.0f} MB, once. Offline: off.", full_bytes=entry.full_bytes / 1000000.0),
    ):
        return False
    place = settings().downloads / entry.name
    when, why = _no_network.get(place, (-math.inf, ""))
    if time.monotonic() - when < RETRY_SECONDS:
        st.warning(plain(_(why)), icon=":material/wifi_off:")
        if not st.button(_("Try again"), key="full_again", icon=":material/replay:"):
            return False
    bar = st.progress(0.0, text=_("Downloading …"))

    def show(done: int, total: int) -> None:
        bar.progress(
            done / total,
            text=_("{done:.0f} of {total:.0f} MB", done=done / 1000000.0, total=total / 1000000.0),
        )

    try:
        fetch_all_images(entry.name, show)
    except CnnvizError as error:
        _no_network[place] = time.monotonic(), sentence_of(error)
        draw_again()
    finally:
        bar.empty()
    return True


def _data_title(spec: TrainingSpec) -> str:
    title = (
        _(DATASETS[spec.dataset].title)
        if spec.dataset in DATASETS
        else _("{dataset} (no longer here)", dataset=spec.dataset)
    )
    return title if spec.classes is None else f"{title}: {', '.join(spec.classes)}"


def describe(run: Run) -> str:
    """Data, network and settings in one line."""
    spec = run.spec
    network = PRESET_TITLES.get(spec.network_name, spec.network_name)
    return _(
        "{data_title} · {network} · {optimizer}, learning rate {learning_rate:g} · seed {seed}",
        data_title=_data_title(spec),
        network=network,
        optimizer=spec.optimizer,
        learning_rate=spec.learning_rate,
        seed=spec.seed,
    )


def own_run_link(kind: str, label: str) -> None:
    """A link to the first layer of this kind inside the run that this session saw last, or inside a bundled
    one that has it.
    """
    for run_id in (WithRun.run.now or EXAMPLE, EXAMPLE, "example_dropout"):
        try:
            network = resolve(open_run(run_id).spec.network)
        except CnnvizError:
            continue
        if any(layer.stem == kind for layer in network.layers):
            link(
                "pages/inside/feature_maps.py",
                _("{label}: {kind}1 of {name}", label=label, kind=kind, name=plain(network.name)),
                ":material/search:",
                {"run": run_id, "layer": f"{kind}1", "map": "0"},
            )
            return
