"""All hostile texts, as the lecture's pages would show them. Run by ``test_outside.py``."""

import streamlit as st
from starlette.middleware import Middleware

from cnnviz.ui.headers import SafeHeaders
from cnnviz.ui.outside import plain
from cnnviz.ui.tables import table_in_words
from tests.hostile import HOSTILE

app = st.App(__file__, middleware=(Middleware(SafeHeaders),))

if __name__ == "__main__":
    for number, text in enumerate(HOSTILE):
        with st.container(key=f"hostile{number}"):
            st.markdown(f"({plain(text)})")
            st.markdown(f"beginning\n{plain(text)} end")
            st.markdown(f"**({plain(text)})**")
            st.caption(f"({plain(text)})")
            st.error(f"({plain(text)})")
            st.subheader(f"({plain(text)})", anchor=False)
            st.markdown(table_in_words([{"a": f"({plain(text)})"}]))
            st.checkbox(f"({plain(text)})", key=f"box{number}")
            st.pills("Pills", [text], format_func=lambda one: f"({plain(one)})", key=f"pill{number}")
