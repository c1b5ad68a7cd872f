"""What a button could not do is said until somebody presses it again, or asks for something else."""

from streamlit.testing.v1 import AppTest


def drawn() -> None:
    import streamlit as st

    from cnnviz.errors import CnnvizError
    from cnnviz.ui.frame import clicked

    number = st.number_input("Number", 0, 9, 1, key="number")
    st.button("Something else", key="other")
    with clicked(st.button("Half of it", key="half"), "half", number) as pressed:
        if pressed and number % 2:
            raise CnnvizError(f"{number} is odd. Choose an even number.")
        if pressed:
            st.success(f"{number // 2}")


def test_a_sentence_stays_when_the_page_is_drawn_again() -> None:
    app = AppTest.from_function(drawn).run()
    assert not app.error
    app.button(key="half").click().run()
    assert [one.value for one in app.error] == ["1 is odd. Choose an even number."]
    app.run()
    app.button(key="other").click().run()
    assert [one.value for one in app.error] == ["1 is odd. Choose an even number."]


def test_a_sentence_is_gone_when_something_else_is_asked_for_or_done() -> None:
    app = AppTest.from_function(drawn).run()
    app.button(key="half").click().run()
    app.number_input(key="number").set_value(3).run()
    assert not app.error
    app.button(key="half").click().run()
    assert [one.value for one in app.error] == ["3 is odd. Choose an even number."]
    app.number_input(key="number").set_value(4).run()
    app.button(key="half").click().run()
    assert not app.error
    assert [one.value for one in app.success] == ["2"]
