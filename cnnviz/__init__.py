"""cnnviz: what a convolutional network does, step by step, with real PyTorch numbers."""

__version__ = "0.1.0"
