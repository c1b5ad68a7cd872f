"""Data sets and images, bundled: no network is needed."""

from cnnviz.data.catalogue import DATASETS, DatasetEntry, fetch_all_images, load, loading_code
from cnnviz.data.dataset import ImageDataset, floats
from cnnviz.data.images import FORMATS, centre_by_mass, crop_box, decode, embed, embedded, fit
from cnnviz.data.photos import PHOTOS, Photo, photo, photo_parts

__all__ = [
    "DATASETS",
    "FORMATS",
    "PHOTOS",
    "DatasetEntry",
    "ImageDataset",
    "Photo",
    "centre_by_mass",
    "crop_box",
    "decode",
    "embed",
    "embedded",
    "fetch_all_images",
    "fit",
    "floats",
    "load",
    "loading_code",
    "photo",
    "photo_parts",
]
