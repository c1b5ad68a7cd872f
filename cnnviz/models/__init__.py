"""Networks: written down, worked out, built."""

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
from cnnviz.models.network import Network, Normalise, build, code, resolve
from cnnviz.models.presets import PRESET_TITLES, PRESETS
from cnnviz.models.spec import NetworkSpec, Plan, PlannedLayer, summary

__all__ = [
    "LAYERS",
    "PRESETS",
    "PRESET_TITLES",
    "Activation",
    "BatchNorm",
    "Conv",
    "Dropout",
    "Flatten",
    "GlobalAveragePool",
    "Layer",
    "Linear",
    "Network",
    "NetworkSpec",
    "Normalise",
    "Plan",
    "PlannedLayer",
    "Pool",
    "build",
    "code",
    "keep_first",
    "resolve",
    "summary",
]
