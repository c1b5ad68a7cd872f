"""What the address says on every page while a lecture is given."""

from cnnviz.ui.fields import Number, Text
from cnnviz.ui.state import State


class Given(State):
    """The lecture, its slide, and what is hidden on the pages; they stay where a link does not name them."""

    lecture = Text("Lecture", sticky=True)
    slide = Number("Slide", 1, 1, 999, sticky=True)
    hide = Text("Hidden: names of controls and sections, with commas", sticky=True)
