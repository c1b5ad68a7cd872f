"""Looking inside a network: what its layers answer to an image, and what its kernels are."""

from cnnviz.features.ablation import (
    ChannelCosts,
    ablated,
    channel_costs,
    channel_effects,
    channels_of,
    measure,
)
from cnnviz.features.adversarial import Attack, accuracy_under_attack, fgsm
from cnnviz.features.decisive import DecisiveWindow, decisive_window
from cnnviz.features.dropout import coadaptation, monte_carlo_dropout, unit_correlations
from cnnviz.features.embedding import WAYS, Separation, layer_features, project, separation
from cnnviz.features.ensembles import accuracy_by_size, disagreement
from cnnviz.features.evidence import ClassEvidence, class_evidence
from cnnviz.features.filters import FilterBank, convolutions, filter_bank, filters, weight_histogram
from cnnviz.features.maximisation import Maximised, TopImage, deconvolved, maximise, tiles, top_images
from cnnviz.features.mistakes import Answers, Calibration, answers
from cnnviz.features.predictions import probabilities
from cnnviz.features.shift import ShiftTest, shift_accuracy, shift_test, shifted
from cnnviz.features.signals import spread_by_layer
from cnnviz.features.views import Views, answers_by_view, views_of
from cnnviz.inspection import (
    LayerField,
    Term,
    UnitExplanation,
    UnitTrace,
    as_batch,
    explain_unit,
    feature_maps,
    receptive_field,
    shapes,
    unit_trace,
)

__all__ = [
    "WAYS",
    "Answers",
    "Attack",
    "Calibration",
    "ChannelCosts",
    "ClassEvidence",
    "DecisiveWindow",
    "FilterBank",
    "LayerField",
    "Maximised",
    "Separation",
    "ShiftTest",
    "Term",
    "TopImage",
    "UnitExplanation",
    "UnitTrace",
    "Views",
    "ablated",
    "accuracy_by_size",
    "accuracy_under_attack",
    "answers",
    "answers_by_view",
    "as_batch",
    "channel_costs",
    "channel_effects",
    "channels_of",
    "class_evidence",
    "coadaptation",
    "convolutions",
    "decisive_window",
    "deconvolved",
    "disagreement",
    "explain_unit",
    "feature_maps",
    "fgsm",
    "filter_bank",
    "filters",
    "layer_features",
    "maximise",
    "measure",
    "monte_carlo_dropout",
    "probabilities",
    "project",
    "receptive_field",
    "separation",
    "shapes",
    "shift_accuracy",
    "shift_test",
    "shifted",
    "spread_by_layer",
    "tiles",
    "top_images",
    "unit_correlations",
    "unit_trace",
    "views_of",
    "weight_histogram",
]
