"""Looking inside a network: what its layers answer to an image, and what its kernels are."""

from cnnviz.features.ablation import ChannelCosts, ablated, channel_costs, channel_effects, channels_of, measure
from cnnviz.features.dropout import coadaptation, monte_carlo_dropout, unit_correlations
from cnnviz.features.evidence import ClassEvidence, class_evidence
from cnnviz.features.filters import filters
from cnnviz.features.maps import as_batch, feature_maps
from cnnviz.features.predictions import probabilities
from cnnviz.features.receptive import LayerField, receptive_field, shapes
from cnnviz.features.shift import ShiftTest, shift_test, shifted
from cnnviz.features.units import Term, UnitExplanation, UnitTrace, explain_unit, unit_trace

__all__ = [
    "ChannelCosts",
    "ClassEvidence",
    "LayerField",
    "ShiftTest",
    "Term",
    "UnitExplanation",
    "UnitTrace",
    "ablated",
    "as_batch",
    "channel_costs",
    "channel_effects",
    "channels_of",
    "class_evidence",
    "coadaptation",
    "explain_unit",
    "feature_maps",
    "filters",
    "measure",
    "monte_carlo_dropout",
    "probabilities",
    "receptive_field",
    "shapes",
    "shift_test",
    "shifted",
    "unit_correlations",
    "unit_trace",
]
