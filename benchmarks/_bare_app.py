"""The least that a Streamlit app with the lecture's table of pages can be: what every page is compared
with.
"""

import streamlit as st

from explorer_app import CHAPTERS


def bare() -> None:
    st.header("A page", anchor=False)
    number = st.number_input("Number", 0, 100, 7)
    st.markdown(f"The number is **{number}**.")


app = st.App(__file__)

if __name__ == "__main__":
    pages = {
        chapter.title: [
            st.Page(
                bare, title=lesson.title, url_path=lesson.url_path, default=lesson is CHAPTERS[0].lessons[0]
            )
            for lesson in chapter.lessons
        ]
        for chapter in CHAPTERS
    }
    st.navigation(pages, expanded=True).run()
