"""A page with nothing but the drawing of ResNet-101 or LeNet-5; for the benchmark."""

import streamlit as st

from cnnviz.figures import network_drawing
from cnnviz.models import PRESETS, summary
from cnnviz.ui.components import network_view
from cnnviz.vision import torchvision

st.set_page_config(layout="wide")
st.header("drawing")
if st.query_params.get("network") == "lenet5":
    drawing = network_drawing(summary(PRESETS["lenet5"], (1, 28, 28), 10), "LeNet-5")
else:
    drawing = network_drawing(
        torchvision().models.resnet101(weights=None).eval(), "ResNet-101", (3, 224, 224)
    )
network_view("network_view", drawing)
