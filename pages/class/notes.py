"""Notes: the lecturer's second window."""

from cnnviz.ui.frame import title
from cnnviz.ui.lecture_notes import show_notes

title("Notes", "For the lecturer alone: it follows the slide of the other window, and its buttons drive it.")
show_notes()
