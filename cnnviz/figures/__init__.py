"""Arrays in, pictures out: Pillow for grids of maps, Plotly for curves and matrices."""

from cnnviz.figures.colours import DIVERGING, GREY, SEQUENTIAL, ColourScale, scale_for
from cnnviz.figures.curves import confusion_matrix, curve_in_words, learning_curve, loss_curve, probability_bars, value_map
from cnnviz.figures.sheet import Sheet, image_sheet, judged_labels, limits, map_sheet

__all__ = [
    "DIVERGING",
    "GREY",
    "SEQUENTIAL",
    "ColourScale",
    "Sheet",
    "confusion_matrix",
    "curve_in_words",
    "image_sheet",
    "judged_labels",
    "learning_curve",
    "limits",
    "loss_curve",
    "map_sheet",
    "probability_bars",
    "scale_for",
    "value_map",
]
