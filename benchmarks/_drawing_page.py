"""A page with nothing but the drawing of ResNet-101 or LeNet-5; for the benchmark."""

import streamlit as st

from cnnviz.ui.architectures import drawing_of
from cnnviz.ui.components import network_view
from cnnviz.ui.memory import remember

st.set_page_config(layout="wide")
st.header("drawing")
name = st.query_params.get("network", "resnet101")
network_view("network_view", remember(drawing_of, name, 32 if name == "lenet5" else 224))
