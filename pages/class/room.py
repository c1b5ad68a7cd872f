"""A room: a lecture that students' screens follow, with questions that are answered live."""

import streamlit as st

from cnnviz.classroom.rooms import room_code
from cnnviz.ui.classroom import enter_room, lead_elsewhere, prepare_question, show_code_of
from cnnviz.ui.follow import led_room
from cnnviz.ui.frame import Experiment, section, show_code, source, title, try_this
from cnnviz.ui.state import State
from cnnviz.ui.states.room import RoomState
from cnnviz.words import _

title(
    _("Room"),
    _(
        "Students follow the lecturer's page on their own screens, wander off, come back, and answer questions that are counted live."
    ),
)

room = led_room()
if room is not None:
    show_code_of(room)
elif State.room.now:
    st.info(
        _(
            "Your screen follows the lecturer's: page and state. Move a control or open another page, and you look around alone; “Come back” follows again."
        ),
        icon=":material/group:",
    )
    lead_elsewhere(State.room.now)
else:
    enter_room()


@section
def prepare() -> None:
    st.subheader(_("What to ask"), anchor=False)
    prepare_question(room)


prepare()
try_this(
    Experiment(
        _("Before the formula: each student gets another layer. Which mistakes are made most?"),
        RoomState(question="layer_parameters", own=True),
    ),
    Experiment(
        _("All look at the same digit: where does the kernel answer most?"),
        RoomState(question="strongest_answer", seed=3),
    ),
    Experiment(
        _("A poll before a demonstration: what do you expect?"),
        RoomState(
            what="poll",
            poll="Which network does better on shifted digits?",
            choices="with pooling; without; both alike",
        ),
    ),
)
show_code()(room_code())
source(
    _(
        "Mazur, Peer Instruction, 1997; Crouch and Mazur, Peer Instruction: ten years of experience and results, American Journal of Physics 69, 2001."
    )
)
