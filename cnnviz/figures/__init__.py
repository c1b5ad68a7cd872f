"""Arrays in, pictures out: Pillow for grids of maps, Plotly for curves and matrices."""

from cnnviz.figures.activations import activation_curves, by_depth, depth_histogram
from cnnviz.figures.architectures import (
    Disc,
    accuracy_against_work,
    boxes_of,
    error_by_year,
    network_volumes,
    timeline,
    where_they_are,
)
from cnnviz.figures.colours import DIVERGING, GREY, SEQUENTIAL, TRAIN, VALIDATION, ColourScale, scale_for
from cnnviz.figures.comparisons import (
    bars,
    channel_bars,
    draws_in_words,
    lines,
    spread_of_draws,
    two_answers,
    value_histograms,
    verification_curves,
)
from cnnviz.figures.curves import (
    calibration_curve,
    curve_in_words,
    loss_curve,
    probability_bars,
    rate_search,
    value_map,
)
from cnnviz.figures.datasets import class_balance, pixel_histogram, recall_by_class
from cnnviz.figures.drawings import boxes_on, receptive_squares, unit_network, volumes
from cnnviz.figures.line_styles import DASHES, SERIES
from cnnviz.figures.network_drawing import NetworkDrawing, network_drawing
from cnnviz.figures.overlay import falling_similarity, overlay, share_curves
from cnnviz.figures.pixels import VALUES, PixelSheet, as_csv, edits_from, edits_text, pixel_sheets, with_edits
from cnnviz.figures.sheet import Sheet, image_sheet, judged_labels, limits, map_sheet, picture_sheet

__all__ = [
    "DASHES",
    "DIVERGING",
    "GREY",
    "SEQUENTIAL",
    "SERIES",
    "TRAIN",
    "VALIDATION",
    "VALUES",
    "ColourScale",
    "Disc",
    "NetworkDrawing",
    "PixelSheet",
    "Sheet",
    "accuracy_against_work",
    "activation_curves",
    "as_csv",
    "bars",
    "boxes_of",
    "boxes_on",
    "by_depth",
    "calibration_curve",
    "channel_bars",
    "class_balance",
    "curve_in_words",
    "depth_histogram",
    "draws_in_words",
    "edits_from",
    "edits_text",
    "error_by_year",
    "falling_similarity",
    "image_sheet",
    "judged_labels",
    "limits",
    "lines",
    "loss_curve",
    "map_sheet",
    "network_drawing",
    "network_volumes",
    "overlay",
    "picture_sheet",
    "pixel_histogram",
    "pixel_sheets",
    "probability_bars",
    "rate_search",
    "recall_by_class",
    "receptive_squares",
    "scale_for",
    "share_curves",
    "spread_of_draws",
    "timeline",
    "two_answers",
    "unit_network",
    "value_histograms",
    "value_map",
    "verification_curves",
    "volumes",
    "where_they_are",
    "with_edits",
]
