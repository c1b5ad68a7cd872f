"""Lectures as files: what is read is what was written, and whatever is not known is said in one sentence each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.errors import CnnvizError
from cnnviz.ui.lectures import (
    Lecture,
    Slide,
    bundled,
    bundled_lecture,
    hidable,
    pages,
    read_lecture,
    state_of,
)
from cnnviz.ui.player import literal, plain
from tests.properties import examples

POOLING = Slide(page="pooling", state={"window": "3"})


def slide(words: str) -> str:
    return f'[[slide]]\npage = "pooling"\n{words}\n'


def test_a_lecture_by_hand() -> None:
    lecture = read_lecture(
        """
        title = "Two slides"
        author = "A. Lecturer"

        [[slide]]
        page = "pooling"
        state = { window = 3, ceil = true, mode = "average" }
        title = "First"
        notes = "Say **this**."
        hide = ["code", "stride", "training"]
        spot = "pooling_stepper"
        minutes = 2.5
        question = { kind = "choice", text = "How many?", choices = ["1", "2"], answer = "2" }

        [[slide]]
        link = "https://somewhere.org/cnnviz/kernels?photo=brick&two=true"
        """
    )
    first, second = lecture.slides
    assert not lecture.unknown
    assert (lecture.title, lecture.author, lecture.minutes) == ("Two slides", "A. Lecturer", 2.5)
    assert first.state == {"window": "3", "ceil": "true", "mode": "average"}
    assert first.link() == "pooling?window=3&ceil=true&mode=average"
    assert (first.hide, first.spot) == (("code", "stride", "training"), "pooling_stepper")
    assert first.question == {
        "kind": "choice",
        "text": "How many?",
        "choices": ["1", "2"],
        "answer": "2",
    }
    assert (second.page, second.state) == ("kernels", {"photo": "brick", "two": "true"})


def test_a_link_and_a_state_are_the_same() -> None:
    by_link = read_lecture('[[slide]]\nlink = "convolution?image=1,0;0,1&padding=1"')
    by_state = read_lecture('[[slide]]\npage = "convolution"\nstate = {image = "1,0;0,1", padding = 1}')
    assert by_link == by_state


WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=60).map(
    lambda text: text.replace("\r\n", "\n").replace("\r", "\n")
)
QUESTIONS = st.fixed_dictionaries(
    {},
    optional={
        "kind": WORDS,
        "text": WORDS,
        "choices": st.lists(WORDS, max_size=4),
        "answer": WORDS | st.integers(-9, 9),
        "seed": st.integers(0, 99),
    },
)


@st.composite
def slides(draw: st.DrawFn) -> Slide:
    page = draw(st.sampled_from(["pooling", "convolution", "kernels", "saliency", "home"]))
    state = {
        name: entry.text(draw(st.sampled_from(entry.samples())))
        for name, entry in state_of(page).fields.items()
        if entry.samples() and draw(st.booleans())
    }
    return Slide(
        page=page,
        state=state,
        title=draw(WORDS),
        notes=draw(WORDS),
        caption=draw(WORDS),
        question=draw(QUESTIONS),
        hide=tuple(draw(st.lists(st.sampled_from(hidable(page)), unique=True, max_size=3))),
        spot=draw(WORDS),
        minutes=draw(st.floats(0, 1000)),
    )


@examples(40)
@given(title=WORDS, author=WORDS, about=WORDS, some=st.lists(slides(), min_size=1, max_size=4))
def test_what_is_read_is_what_was_written(title: str, author: str, about: str, some: list[Slide]) -> None:
    lecture = Lecture(title=title, author=author, about=about, slides=tuple(some))
    again = read_lecture(lecture.text())
    assert again == lecture
    assert not again.unknown


@examples(60)
@given(st.binary(max_size=200) | st.text(max_size=200))
def test_any_file_opens_or_says_one_sentence(file: bytes | str) -> None:
    try:
        lecture = read_lecture(file)
    except CnnvizError as error:
        assert str(error).endswith(".")  # noqa: PT017 - most files are none
    else:
        assert isinstance(lecture, Lecture)


NO_LECTURE = {
    b"\xff\xfe": "not a text file in UTF-8",
    "title = ": "not a TOML file",
    "<html></html>": "not a TOML file",
    '{"slide": []}': "not a TOML file",
    "": "no slides",
    'slide = "pooling"': "no slides",
    "slide = [1, 2]": "no slides",
    "#" * 1_000_001: "1000001 characters",
    "[[slide]]\n" * 1000: "1000 slides",
    '[[slide]]\npage = "nowhere"': "No slide of this lecture can be shown",
    "[[slide]]\ntitle = 'x'": "No slide of this lecture can be shown",
}


@pytest.mark.parametrize(("file", "says"), NO_LECTURE.items(), ids=lambda value: str(value)[:20])
def test_what_is_no_lecture(file: bytes | str, says: str) -> None:
    with pytest.raises(CnnvizError, match=says):
        read_lecture(file)


FOREIGN = {
    'page = "poling"': "Slide 2: there is no page “poling” here. Is it “pooling”?",
    'page = "../../etc/passwd"': "Slide 2: there is no page “../../etc/passwd” here. There is “",
    'link = "nothing?x=1"': "Slide 2: there is no page “nothing” here.",
    "link = 3": "Slide 2: “link” must be a text between quotation marks.",
    'link = "http://[x"': "Slide 2: “http://[x” is no link.",
    'page = "pooling"\nstate = { windw = 3 }': "Slide 2: the page “pooling” has no field “windw”. Is it “window”",
    'page = "pooling"\nstate = { window = 7 }': "Slide 2: “7” is no value of “window”. It is a number from 1 to 6.",
    'page = "pooling"\nstate = { window = "many" }': "“many” is no value of “window”.",
    'page = "pooling"\nstate = { ceil = 1 }': "“1” is no value of “ceil”. It is true or false.",
    'page = "pooling"\nstate = { mode = "min" }': "“min” is no value of “mode”. There is “max”",
    'page = "pooling"\nstate = { window = { a = 1 } }': "is no value of “window”",
    'page = "pooling"\nstate = 3': "“state” must be a table, such as state = { window = 3 }.",
    'page = "pooling"\nnote = "x"': "Slide 2: “note” is not known. Is it “notes”?",
    'page = "pooling"\ntitle = 7': "“title” must be a text between quotation marks.",
    'page = "pooling"\nhide = ["windw"]': "nothing named “windw” to hide. Is it “window”",
    'page = "pooling"\nhide = 3': "“hide” must be a list of names",
    'page = "pooling"\nminutes = -1': "“minutes” must be a number from 0 to 1000.",
    'page = "pooling"\nminutes = nan': "“minutes” must be a number from 0 to 1000.",
    'page = "pooling"\nminutes = "long"': "“minutes” must be a number from 0 to 1000.",
    'page = "pooling"\nquestion = "why?"': "“question” must be a table",
    'page = "pooling"\nquestion = { text = "a", colour = "red" }': "“colour” is not known. There is “kind”",
    'page = "pooling"\nquestion = { choices = [[1]] }': "“choices” of its question must be a text, a number or a list",
    'page = "pooling"\nlink = "kernels?two=true"': "it names the page “pooling” and links “kernels”; the page counts.",
    f'page = "pooling"\nnotes = "{"x" * 20_001}"': "“notes” is cut after 20000 characters.",
}


@pytest.mark.parametrize(("words", "says"), FOREIGN.items(), ids=lambda value: value[:50])
def test_what_is_unknown_is_one_sentence_and_the_rest_opens(words: str, says: str) -> None:
    lecture = read_lecture(
        f"{slide('state = {{ window = 3 }}'.replace('{{', '{').replace('}}', '}'))}\n[[slide]]\n{words}"
    )
    assert lecture.slides[0] == POOLING
    assert says in "\n".join(lecture.unknown)
    about_it = [
        sentence for sentence in lecture.unknown if not sentence.startswith("Slide 2: it names no page")
    ]
    assert len(about_it) == 1
    assert about_it[0].endswith((".", "?"))


def test_what_is_unknown_of_the_whole_file() -> None:
    lecture = read_lecture(f'titel = "x"\nauthor = 7\n{slide("")}')
    assert lecture.unknown == (
        "“author” must be a text between quotation marks.",
        "“titel” is not known. Is it “title”?",
    )


def test_words_of_a_file_are_words() -> None:
    """Nothing of a stranger's file is markup of the page, and nothing is loaded from elsewhere."""
    assert "![" not in plain("![seen](https://elsewhere.org/pixel.png)")
    assert literal("<b>*a*</b> :material/home: $x$") == r"\<b\>\*a\*\<\/b\> \:material\/home\: \$x\$"
    assert literal("Größe “3”") == "Größe “3”"


@pytest.mark.parametrize("name", bundled())
def test_a_bundled_lecture_is_known_wholly(name: str) -> None:
    lecture = bundled_lecture(name)
    assert lecture is not None
    assert not lecture.unknown
    assert read_lecture(lecture.text()) == lecture
    for one in lecture.slides:
        assert one.title, one.link()
        assert one.minutes, one.link()
        assert len(one.notes) > 80, one.link()


def test_the_whole_lecture_has_every_page_in_its_order() -> None:
    from explorer_app import CHAPTERS

    lecture = bundled_lecture("cnn")
    assert lecture is not None
    shown = list(dict.fromkeys(one.page for one in lecture.slides))
    assert set(shown) == set(pages())
    order = [
        lesson.file.rpartition("/")[2].removesuffix(".py")
        for chapter in CHAPTERS
        for lesson in chapter.lessons
    ]
    assert shown == order


def test_the_short_lecture_fits_into_45_minutes() -> None:
    lecture = bundled_lecture("short")
    assert lecture is not None
    assert lecture.minutes == 45
    assert 12 <= len(lecture.slides) <= 18
