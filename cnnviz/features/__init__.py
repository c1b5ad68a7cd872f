"""Looking inside a network: what its layers answer to an image, and what its kernels are."""

from cnnviz.features.filters import filters
from cnnviz.features.maps import feature_maps
from cnnviz.features.predictions import probabilities

__all__ = ["feature_maps", "filters", "probabilities"]
