"""Questions: predict, then look at the answer; alone, at one's own pace."""

import streamlit as st

from cnnviz.classroom.questions import question_code
from cnnviz.ui.frame import Experiment, section, show_code, source, title, try_this
from cnnviz.ui.questions import quiz, titles_in
from cnnviz.ui.states.questions import Questions
from cnnviz.words import _

title(
    _("Questions"),
    _(
        "First predict, then look: each question is computed anew from its seed, and says why a wrong answer is wrong."
    ),
)


@section
def ask() -> None:
    left, middle, right = st.columns([2.2, 2, 1], vertical_alignment="bottom")
    chapter = Questions.chapter.draw(left)
    Questions.question.draw(middle, titles=titles_in(chapter))
    Questions.seed.draw(right)
    with st.container(border=True):
        quiz("quiz", Questions.chapter, Questions.question, Questions.seed)
    code(question_code(Questions.question.now, Questions.seed.now))


try_this(
    Experiment(
        _("How large is the map? Do five of them with other numbers, until the formula is yours."),
        Questions(chapter="seeing", question="convolution_size", seed=1),
    ),
    Experiment(
        _("Click the pixel of a digit at which a kernel answers most."),
        Questions(chapter="seeing", question="strongest_answer", seed=3),
    ),
    Experiment(
        _("Which boxes does non-maximum suppression leave?"),
        Questions(chapter="wild", question="nms", seed=2),
    ),
)
code = show_code()
source(
    _(
        "Crouch et al., Classroom demonstrations: learning tools or entertainment?, American Journal of Physics 72, 2004: who predicts first learns more."
    )
)
ask()
