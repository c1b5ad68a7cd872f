"""The only door to torchvision.

torchvision from the package index cannot load its compiled operators beside a CPU build of torch, and then
its import fails on the first operator it registers a fake for. Declaring the two schemas first lets the
import pass; a build that has its own operators declares them itself, and ours is skipped.
"""

import importlib.util
import types
from pathlib import Path

import torch

_SCHEMAS = {
    "nms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}


def torchvision() -> types.ModuleType:
    """The torchvision package, imported on first use (about 0.6 s after torch)."""
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        raise ImportError("torchvision is not installed. Run: pip install -r requirements.txt")
    if not _compiled_operators_load(Path(spec.origin).parent):
        for name, schema in _SCHEMAS.items():
            if not hasattr(torch.ops.torchvision, name):
                torch.library.define(f"torchvision::{name}", schema)
    import torchvision as package

    return package


def transforms() -> types.ModuleType:
    """``torchvision.transforms.v2``."""
    torchvision()
    from torchvision.transforms import v2

    module: types.ModuleType = v2
    return module


def _compiled_operators_load(folder: Path) -> bool:
    libraries = [path for path in folder.glob("_C.*") if path.suffix in (".so", ".pyd", ".dylib")]
    try:
        for path in libraries:
            torch.ops.load_library(path)
    except OSError:
        return False
    return bool(libraries)
