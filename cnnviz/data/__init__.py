"""Data sets and images, bundled or one's own: no network is needed."""

from cnnviz.data.brought import Found, brought_names, found_of, remove_brought
from cnnviz.data.catalogue import (
    COUNTS,
    DATASETS,
    SCENES,
    DatasetEntry,
    bring,
    fetch_all_images,
    load,
    loading_code,
    source_of,
)
from cnnviz.data.dataset import ImageDataset, floats, thin_out
from cnnviz.data.images import FORMATS, centre_by_mass, crop_box, decode, embed, embedded, fit
from cnnviz.data.photos import PHOTOS, Photo, photo, photo_parts
from cnnviz.data.published import CATALOGUE, PublishedSet
from cnnviz.data.scenes import compose, objects_of
from cnnviz.data.source import DataSource
from cnnviz.data.source_files import source_from

__all__ = [
    "CATALOGUE",
    "COUNTS",
    "DATASETS",
    "FORMATS",
    "PHOTOS",
    "SCENES",
    "DataSource",
    "DatasetEntry",
    "Found",
    "ImageDataset",
    "Photo",
    "PublishedSet",
    "bring",
    "brought_names",
    "centre_by_mass",
    "compose",
    "crop_box",
    "decode",
    "embed",
    "embedded",
    "fetch_all_images",
    "fit",
    "floats",
    "found_of",
    "load",
    "loading_code",
    "objects_of",
    "photo",
    "photo_parts",
    "remove_brought",
    "source_from",
    "source_of",
    "thin_out",
]
