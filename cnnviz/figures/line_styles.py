"""How several lines or groups in one picture are told apart."""

SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#8c564b", "#17becf")
"""Okabe and Ito (2008), and three more; each line also has its own dash, so that colour is not all that tells
them apart.
"""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def line_style(index: int) -> dict[str, object]:
    return {"color": SERIES[index % len(SERIES)], "dash": DASHES[index % len(DASHES)], "width": 3}
