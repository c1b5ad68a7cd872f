"""What lies on the disk is looked at once a drawing, and again at the next one."""

from streamlit.testing.v1 import AppTest

from cnnviz.ui.address import once_a_run

looked: list[int] = []


def look() -> int:
    looked.append(1)
    return len(looked)


def page() -> None:
    import streamlit as st

    from cnnviz.ui.address import once_a_run
    from tests.ui.test_once_a_run import look

    @st.fragment
    def part() -> None:
        st.button("Again")
        st.write("part", once_a_run(look), once_a_run(look))

    st.write("page", once_a_run(look), once_a_run(look))
    part()


def texts(app: AppTest) -> list[str]:
    return [text.value.replace("`", "") for text in app.markdown]


def test_each_drawing_looks_once() -> None:
    looked.clear()
    app = AppTest.from_function(page).run()
    assert texts(app) == ["page 1 1", "part 1 1"]
    app.run()
    assert texts(app) == ["page 2 2", "part 2 2"]
    app.button[0].click()
    app.run()
    assert texts(app)[-1] == "part 3 3"


def test_outside_of_a_page_it_looks_each_time() -> None:
    looked.clear()
    assert (once_a_run(look), once_a_run(look)) == (1, 2)
