"""How several lines in one picture are told apart."""

from cnnviz.figures.colours import palette

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
"""Each line also has its own dash, so that colour is not all that tells them apart."""


def line_style(index: int) -> dict[str, object]:
    chosen = palette()
    return {"color": chosen.of(index), "dash": DASHES[index % len(DASHES)], "width": chosen.line}
