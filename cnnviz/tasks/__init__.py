"""What convolutional networks do beyond naming a picture: boxes around objects, and a class for each pixel."""

from cnnviz.tasks.boxes import (
    NmsStep,
    PrecisionRecall,
    average_precision,
    box_iou,
    nms,
    nms_steps,
    precision_recall,
)
from cnnviz.tasks.masks import MaskScores, mask_scores, mean_iou
from cnnviz.tasks.regions import RoiBin, roi_pool, roi_pool_bins

__all__ = [
    "MaskScores",
    "NmsStep",
    "PrecisionRecall",
    "RoiBin",
    "average_precision",
    "box_iou",
    "mask_scores",
    "mean_iou",
    "nms",
    "nms_steps",
    "precision_recall",
    "roi_pool",
    "roi_pool_bins",
]
