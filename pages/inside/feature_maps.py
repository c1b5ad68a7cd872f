"""All layers' answers to one image, at any saved step of a training run."""

import streamlit as st
from torch import Tensor

from cnnviz.data import DATASETS, load
from cnnviz.features import feature_maps, probabilities
from cnnviz.figures import image_sheet, limits, map_sheet, probability_bars, value_map
from cnnviz.training import Run
from cnnviz.ui.charts import chart
from cnnviz.ui.components import WallItem, map_wall, step_player
from cnnviz.ui.frame import Experiment, play_first, show_code, source, title, try_this
from cnnviz.ui.images import choose_image
from cnnviz.ui.memory import digest, remember
from cnnviz.ui.runs import EXAMPLE, choose_run, current_step
from cnnviz.ui.snippets import feature_maps_code

PAGE = "pages/inside/feature_maps.py"
title("Feature maps", "Every layer turns the image into a stack of maps; bright places are where its kernel found what it looks for.")


def look(run: Run, step: int, image: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    network = run.network(step)
    return feature_maps(network, image), probabilities(network, image.unsqueeze(0))[0]


def wall_items(image: Tensor, maps: dict[str, Tensor], span: tuple[float, float] | None) -> list[WallItem]:
    items = [WallItem("image", image_sheet(image.unsqueeze(0), what="image, as the network sees it"), "×".join(map(str, image.shape)), "image")]
    for name, values in maps.items():
        kind = "unit" if values.shape[1:] == (1, 1) else "map"
        items.append(WallItem(name, map_sheet(values, span=span, what=f"{kind}s of {name}"), "×".join(map(str, values.shape)), kind))
    return items


left, right = st.columns([1, 3.2], gap="medium")
with left:
    run = choose_run()
    chosen = choose_image(load(run.spec.dataset, "test"))
    image = chosen.for_network(DATASETS[run.spec.dataset].shape)
    one_scale = st.toggle("One colour scale for all layers", key="one_scale", bind="query-params")

with right, play_first():
    steps = run.steps
    wanted = current_step("maps_step", run)
    step_player("maps_step", run.id, steps, run.total_steps, wanted, live=False)
    step = steps[-1] if wanted not in steps else wanted
    seen = run.id, step, digest(image)
    maps, answer = remember(("maps", seen), lambda: look(run, step, image))
    span = limits(*maps.values()) if one_scale else None
    items = remember(("wall", seen, one_scale), lambda: wall_items(image, maps, span))
    wall, prediction = st.columns([2.6, 1], gap="medium")
    with wall:
        linked = st.query_params.get("layer", ""), st.query_params.get("map", "")
        picked = map_wall("wall", items, (linked[0], int(linked[1])) if linked[0] in maps and linked[1].isdecimal() else None, pickable=True)
    with prediction:
        st.markdown(f"**Prediction at step {step}**")
        classes = DATASETS[run.spec.dataset].classes
        best = int(answer.argmax())
        chart("bars", f"Predicted: {classes[best]} with probability {answer[best]:.3f}", seen, lambda: probability_bars(answer, classes))

if picked and picked[0] in maps:
    layer, index = picked
    values = maps[layer][min(index, len(maps[layer]) - 1)]
    st.subheader(f"{layer}, map {index}", anchor=False)
    st.markdown(f"{values.shape[0]}×{values.shape[1]} values from **{values.min():.3f}** to **{values.max():.3f}**, mean {values.mean():.3f}.")
    words = f"Map {index} of layer {layer}, from {values.min():.3f} to {values.max():.3f}"
    chart("enlarged", words, (seen, picked, one_scale), lambda: value_map(values, span or limits(maps[layer])))

try_this(
    PAGE,
    (
        Experiment("Go back to step 0: the kernels are noise, and all maps look alike.", {"run": EXAMPLE, "step": "0", "image": "test"}),
        Experiment("Draw a 7 with the mouse. Which maps of conv1 follow the strokes?", {"run": run.id, "image": "draw"}),
        Experiment("Draw in a corner without centring. Why does the network fail?", {"run": run.id, "image": "draw", "centred": "false"}),
    ),
)
show_code(feature_maps_code(run.spec, run.id, step, chosen.code))
source("LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998; Zeiler and Fergus, 2014.")
