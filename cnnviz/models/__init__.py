"""Networks: written down, worked out, built."""

from cnnviz.models.graph import LayerCall, LayerGraph, graph_of
from cnnviz.models.layers import (
    LAYERS,
    Activation,
    BatchNorm,
    Conv,
    Dropout,
    Flatten,
    GlobalAveragePool,
    Layer,
    Linear,
    Pool,
    keep_first,
)
from cnnviz.models.network import ImageNetwork, Network, Normalise, build, code, resolve
from cnnviz.models.presets import PRESET_TITLES, PRESETS
from cnnviz.models.pretrained import PRETRAINED, pretrained
from cnnviz.models.spec import NetworkSpec, Plan, PlannedLayer, summary

__all__ = [
    "LAYERS",
    "PRESETS",
    "PRESET_TITLES",
    "PRETRAINED",
    "Activation",
    "BatchNorm",
    "Conv",
    "Dropout",
    "Flatten",
    "GlobalAveragePool",
    "ImageNetwork",
    "Layer",
    "LayerCall",
    "LayerGraph",
    "Linear",
    "Network",
    "NetworkSpec",
    "Normalise",
    "Plan",
    "PlannedLayer",
    "Pool",
    "build",
    "code",
    "graph_of",
    "keep_first",
    "pretrained",
    "resolve",
    "summary",
]
