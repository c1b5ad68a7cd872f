"""A page with nothing but the drawing of ResNet-101 or LeNet-5; for the benchmark."""

import streamlit as st

from cnnviz.figures import network_drawing
from cnnviz.models import PRESETS, summary
from cnnviz.ui.components import network_view
from tests.models.test_blocks import bottleneck, resnet

st.set_page_config(layout="wide")
st.header("drawing")
if st.query_params.get("network") == "lenet5":
    plan = summary(PRESETS["lenet5"], (1, 28, 28), 10)
else:
    plan = summary(resnet(bottleneck, (3, 4, 23, 3), wide=True), (3, 224, 224), 1000)
network_view("network_view", network_drawing(plan, "network"))
