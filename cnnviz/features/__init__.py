"""Looking inside a network: what its layers answer to an image, and what its kernels are."""

from cnnviz.features.dropout import coadaptation, monte_carlo_dropout, unit_correlations
from cnnviz.features.evidence import ClassEvidence, class_evidence
from cnnviz.features.filters import filters
from cnnviz.features.maps import feature_maps
from cnnviz.features.predictions import probabilities
from cnnviz.features.shift import ShiftTest, shift_test, shifted

__all__ = [
    "ClassEvidence",
    "ShiftTest",
    "class_evidence",
    "coadaptation",
    "feature_maps",
    "filters",
    "monte_carlo_dropout",
    "probabilities",
    "shift_test",
    "shifted",
    "unit_correlations",
]
