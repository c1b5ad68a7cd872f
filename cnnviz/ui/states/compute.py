"""The state of the page "Compute"."""

from cnnviz.ui.fields import Choice, Number
from cnnviz.ui.state import State

BUNDLED, HERE = "bundled", "here"


class Compute(State, page="pages/start/compute.py"):
    """Which machine is looked at, and what of it."""

    machine = Choice(
        "Machine", {BUNDLED: "two cores of a server", HERE: "measure this machine"}, kind="buttons"
    )
    view = Choice(
        "Look at",
        {"arithmetic": "multiplying and adding", "images": "networks"},
        kind="buttons",
    )
    turn = Number(
        "Measurement number",
        1,
        1,
        99,
        help="Another number measures once more: how much do the results differ?",
        needs={"machine": HERE},
    )
