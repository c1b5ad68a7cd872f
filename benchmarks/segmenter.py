"""Seconds of training until the small U-Net has mean IoU 0.8 on scenes of ten digits: one thread, and two."""

from benchmarks._until import until
from cnnviz.training import segmentation_training


def main() -> None:
    until(segmentation_training(), 0.8, "mean IoU")


if __name__ == "__main__":
    main()
