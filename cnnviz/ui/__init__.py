"""The only room that knows Streamlit: frame of a page, components, links."""
