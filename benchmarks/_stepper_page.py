"""A page with nothing but a stepper on a 28×28 digit with a 5×5 kernel; for the benchmark."""

import streamlit as st

from cnnviz.data import load
from cnnviz.ops.convolution import trace
from cnnviz.ops.kernels import kernel
from cnnviz.ui.stepping import stepper

st.set_page_config(layout="wide")
st.header("stepper")
stepper("stepper", trace(load("mnist", "test", 8).images[7, 0].float() / 255, kernel("sobel_x", 5)))
