"""Which pixels mattered for an answer, by many methods with one signature, and how far to trust each."""

from cnnviz.saliency.attribution import Attribution, attribute, default_layer, layers_for_maps
from cnnviz.saliency.known_answers import KNOWN_ANSWERS, KnownAnswer, best_without_ties, known_answer_table
from cnnviz.saliency.methods import METHODS, Method, Option
from cnnviz.saliency.trust import (
    Completeness,
    Faithfulness,
    SanityCheck,
    completeness,
    faithfulness,
    infidelity,
    random_faithfulness,
    rank_correlation,
    sanity_check,
    sensitivity,
)

__all__ = [
    "KNOWN_ANSWERS",
    "METHODS",
    "Attribution",
    "Completeness",
    "Faithfulness",
    "KnownAnswer",
    "Method",
    "Option",
    "SanityCheck",
    "attribute",
    "best_without_ties",
    "completeness",
    "default_layer",
    "faithfulness",
    "infidelity",
    "known_answer_table",
    "layers_for_maps",
    "random_faithfulness",
    "rank_correlation",
    "sanity_check",
    "sensitivity",
]
