"""A layer's output with one unit framed: the picture on a card."""

import io
import math

from PIL import Image, ImageDraw
from torch import Tensor

from cnnviz.figures.colours import palette
from cnnviz.figures.sheet import map_sheet, picture_sheet
from cnnviz.words import _

SIDE = 176
AROUND = "#10161d"


def unit_picture(
    maps: Tensor, channel: int, row: int = 0, col: int = 0, picture: bool = False
) -> Image.Image:
    """The map of a unit, or, of a vector, all its units in a grid; the unit is framed.

    Args:
        maps: (C, H, W), or (units, 1, 1).
        picture: the maps are an image, drawn in its own colours.
    """
    vector = maps.shape[1:] == (1, 1) and not picture
    columns = math.ceil(math.sqrt(len(maps))) if vector else 1
    if picture:
        sheet = picture_sheet(maps, _("image"))
    else:
        sheet = map_sheet(maps if vector else maps[channel : channel + 1], columns=columns)
    # Of a vector each cell is a map of its own, with a gap behind it.
    side, pitch = (sheet.width, sheet.width + 1) if vector else (1, 1)
    place = divmod(channel, columns) if vector else (row, col)
    small = Image.open(io.BytesIO(sheet.png)).convert("RGBA")
    zoom = max(2, SIDE // max(small.size))
    drawn = Image.new("RGB", (small.width * zoom, small.height * zoom), "#c8ced6")
    large = small.resize(drawn.size, Image.Resampling.NEAREST)
    drawn.paste(large, mask=large.getchannel("A"))
    top, left = place[0] * pitch * zoom, place[1] * pitch * zoom
    box = (left, top, left + side * zoom - 1, top + side * zoom - 1)
    pen = ImageDraw.Draw(drawn)
    for beyond, colour, width in ((3, AROUND, 5), (2, palette().boxes[0], 3)):
        corners = (box[0] - beyond, box[1] - beyond, box[2] + beyond, box[3] + beyond)
        pen.rectangle(corners, outline=colour, width=width)
    return drawn
