"""The state of the page "Compute"."""

from cnnviz.ui.fields import Choice, Number
from cnnviz.ui.state import State

BUNDLED, HERE = "bundled", "here"


class Compute(State, page="pages/start/compute.py"):
    """Which machine is looked at, and what of it."""

    machine = Choice(
        "Measured on",
        {BUNDLED: "a server, 2 cores", HERE: "this machine"},
        kind="buttons",
        help="Whose times are shown: those that were measured on a server and are bundled, or those of the machine that runs this app.",
    )
    view = Choice(
        "Look at",
        {"arithmetic": "products and convolutions", "images": "whole networks"},
        kind="buttons",
        help="Products and convolutions: single operations of growing size. Whole networks: images per second, forward.",
    )
    turn = Number(
        "Measurement number",
        1,
        1,
        99,
        help="Another number measures once more: how much do the results differ?",
        needs={"machine": HERE},
    )
