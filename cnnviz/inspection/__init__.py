"""Looking into any network: its layers and what is known of their types, their outputs, and single units
taken apart.
"""

# The entries register themselves.
from cnnviz.inspection import functions, layer_types  # noqa: F401
from cnnviz.inspection.acceleration import Acceleration, Folded, accelerated
from cnnviz.inspection.compute import Machine, Measurement, machine, measure
from cnnviz.inspection.graph import IMAGE, LayerCall, LayerGraph
from cnnviz.inspection.maps import as_batch, feature_maps
from cnnviz.inspection.receptive import LayerField, receptive_field, shapes
from cnnviz.inspection.rules import LayerRules, Reach, UnitSum, register_rules, rules_for, rules_of
from cnnviz.inspection.runner import Runner, graph_of, once_a_network, runner_of
from cnnviz.inspection.timing import milliseconds, milliseconds_by_layer
from cnnviz.inspection.units import Term, UnitExplanation, UnitTrace, explain_unit, unit_trace

__all__ = [
    "IMAGE",
    "Acceleration",
    "Folded",
    "LayerCall",
    "LayerField",
    "LayerGraph",
    "LayerRules",
    "Machine",
    "Measurement",
    "Reach",
    "Runner",
    "Term",
    "UnitExplanation",
    "UnitSum",
    "UnitTrace",
    "accelerated",
    "as_batch",
    "explain_unit",
    "feature_maps",
    "graph_of",
    "machine",
    "measure",
    "milliseconds",
    "milliseconds_by_layer",
    "once_a_network",
    "receptive_field",
    "register_rules",
    "rules_for",
    "rules_of",
    "runner_of",
    "shapes",
    "unit_trace",
]
