"""The one exception that students see: its text is a sentence that says what is wrong and what to do."""


class CnnvizError(ValueError):
    """Something the user can mend. ``str(error)`` is one or two plain sentences: what is wrong, and a
    cure.
    """
