"""Makes the images of the composition page for the filters that a bundled photograph fires most, and writes
``assets/composition/``: some minutes.

``python -m tools.make_composition``
"""

import json

import torch
from PIL import Image

from cnnviz.data import PHOTOS, fit, photo, photo_parts
from cnnviz.features.composition import SIDE_MADE, peaks, stages, strongest
from cnnviz.features.made import COLUMNS, FOLDER, bundle_peaks, make
from cnnviz.models import pretrained
from cnnviz.models.pretrained import BUNDLED

FILTERS = 4


def main() -> None:
    model = pretrained(BUNDLED)
    channels, height, width = model.input_shape
    shape = (channels, height, width)
    found = stages(model, shape)
    layers = [stage.layer for stage in found]
    usual = peaks(model, layers, photo_parts(shape), batch=5)
    index: dict[str, dict[str, int]] = {layer: {} for layer in layers}
    tiles: list[torch.Tensor] = []
    for name in PHOTOS:
        here = peaks(model, layers, fit(photo(name), shape).unsqueeze(0))
        for layer in layers:
            for channel in strongest(here[layer], usual[layer], FILTERS):
                if str(channel) not in index[layer]:
                    index[layer][str(channel)] = len(tiles)
                    tiles.append(make(model, layer, channel, shape))
                    print(name, layer, channel, flush=True)
    rows = -(-len(tiles) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * SIDE_MADE, rows * SIDE_MADE))
    for number, tile in enumerate(tiles):
        row, col = divmod(number, COLUMNS)
        pixels = (tile.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
        sheet.paste(Image.fromarray(pixels), (col * SIDE_MADE, row * SIDE_MADE))
    FOLDER.mkdir(exist_ok=True)
    bundle_peaks(BUNDLED, usual)
    sheet.save(FOLDER / f"{BUNDLED}.webp", quality=88, method=6)
    (FOLDER / f"{BUNDLED}.json").write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
