"""Networks: written down, worked out, built."""

from cnnviz.models.blocks import Block, Dense, Group, Parallel, Repeat, Residual
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
    Upsample,
    keep_first,
)
from cnnviz.models.network import (
    ImageNetwork,
    Network,
    Normalise,
    build,
    code,
    definitions,
    expression,
    resolve,
)
from cnnviz.models.octaves import Both, OctaveConv
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
    "Block",
    "Both",
    "Conv",
    "Dense",
    "Dropout",
    "Flatten",
    "GlobalAveragePool",
    "Group",
    "ImageNetwork",
    "Layer",
    "Linear",
    "Network",
    "NetworkSpec",
    "Normalise",
    "OctaveConv",
    "Parallel",
    "Plan",
    "PlannedLayer",
    "Pool",
    "Repeat",
    "Residual",
    "Upsample",
    "build",
    "code",
    "definitions",
    "expression",
    "keep_first",
    "pretrained",
    "resolve",
    "summary",
]
