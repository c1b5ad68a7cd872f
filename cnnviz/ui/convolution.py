"""What stands in the tables of the page "Convolution", and the kernel that learns there."""

from typing import NamedTuple

import streamlit as st
import torch
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.ops import convolution
from cnnviz.ui.states.convolution import Convolution
from cnnviz.ui.stepping import table_now

IMAGE = torch.tensor([[1.0, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]])
KERNEL = torch.tensor([[1.0, 0, 1], [0, 1, 0], [1, 0, 1]])
EDGE = torch.tensor([[1.0, 0, -1], [1, 0, -1], [1, 0, -1]])


class Geometry(NamedTuple):
    """How the kernel moves, in the order in which ``convolution.trace`` takes it."""

    stride: int
    padding: int
    dilation: int
    mode: str
    flip: bool


def geometry() -> Geometry:
    now = Convolution
    return Geometry(now.stride.now, now.padding.now, now.dilation.now, now.mode.now, now.flip.now)


def image_and_kernel() -> tuple[Tensor, Tensor]:
    rows, cols, size = Convolution.rows.now, Convolution.cols.now, Convolution.size.now
    return table_now(Convolution.image, IMAGE, (rows, cols)), table_now(
        Convolution.kernel, KERNEL, (size, size)
    )


def usual_target() -> Tensor | None:
    """The map of another kernel, which is wanted if nothing else is typed; ``None`` where the kernel does not
    fit.
    """
    image, kernel = image_and_kernel()
    try:
        return convolution.trace(
            image, EDGE if len(kernel) == 3 else torch.eye(len(kernel)), *geometry()
        ).output
    except CnnvizError:
        return None


def wanted() -> Tensor | None:
    """The map that the kernel is to make; ``None`` where it does not fit."""
    usual = usual_target()
    return None if usual is None else table_now(Convolution.target, usual, (usual.shape[0], usual.shape[1]))


def learn(count: int) -> None:
    """Steps of gradient descent: the kernel of the page becomes another one."""
    (image, kernel), target = image_and_kernel(), wanted()
    if target is not None:
        learned, losses = convolution.descent(
            image, kernel, target, *geometry(), steps=count, rate=Convolution.rate.now
        )
        st.session_state["losses"] = (*losses_so_far(), *losses)
        Convolution.kernel.set(learned)


def losses_so_far() -> tuple[float, ...]:
    """The loss before each step."""
    losses: tuple[float, ...] = st.session_state.get("losses", ())
    return losses


def forget() -> None:
    """Back to the first kernel."""
    st.session_state["losses"] = ()
    Convolution.kernel.forget()
