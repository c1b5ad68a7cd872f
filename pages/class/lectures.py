"""Lectures: those that are bundled, and one's own."""

from cnnviz.ui.frame import title
from cnnviz.ui.lecture_editor import edit_own, list_bundled, own_file
from cnnviz.ui.player import is_editing

title(
    "Lectures",
    "A lecture is a list of pages of this app, each in a chosen state, with notes. One key goes to the next.",
)
list_bundled()
own_file()
if is_editing():
    edit_own()
