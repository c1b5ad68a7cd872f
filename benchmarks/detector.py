"""Seconds of training until the small detector has average precision 0.8 on scenes of ten digits: one thread, and two."""

from benchmarks._until import until
from cnnviz.training import detection_training


def main() -> None:
    until(detection_training(), 0.8, "average precision")


if __name__ == "__main__":
    main()
