"""Networks to begin with. A new preset is one call of ``preset``."""

from cnnviz.models.blocks import Group, Residual
from cnnviz.models.layers import (
    Activation,
    BatchNorm,
    Conv,
    Dropout,
    Flatten,
    GlobalAveragePool,
    Layer,
    Linear,
    Pool,
)
from cnnviz.models.spec import NetworkSpec


def _conv_block(channels: int, kernel: int, stride: int = 1) -> tuple[Layer, ...]:
    return Conv(channels, kernel, stride, bias=False), BatchNorm(), Activation("relu")


def _residual(channels: int, stride: int = 1) -> Residual:
    """The basic block of ResNet (He et al., 2016); where the maps get smaller, a 1×1 convolution takes the
    shortcut along.
    """

    def convolution(kernel: int, stride: int = 1) -> tuple[Layer, ...]:
        return Conv(channels, kernel, stride, padding=kernel // 2, bias=False), BatchNorm()

    relu = Activation("relu")
    return Residual(
        (*convolution(3, stride), relu, *convolution(3)),
        convolution(1, stride) if stride > 1 else None,
        (relu,),
    )


PRESETS: dict[str, NetworkSpec] = {}
"""By name; filled by ``preset``."""
PRESET_TITLES: dict[str, str] = {}
"""Name -> title, as menus show it."""


def preset(title: str, spec: NetworkSpec) -> NetworkSpec:
    """A network for menus, links and notebooks (``build("lenet5", …)``), by its name."""
    PRESETS[spec.name], PRESET_TITLES[spec.name] = spec, title
    return spec


preset(
    "Fast: 3 conv, batch norm",
    NetworkSpec(
        name="fast",
        layers=(*_conv_block(16, 5, 2), *_conv_block(32, 3, 2), *_conv_block(64, 3), Flatten(), Linear()),
    ),
)
preset(
    "LeNet-5 (1998)",
    NetworkSpec(
        name="lenet5",
        layers=(
            Conv(6, 5, padding=2),
            Activation("tanh"),
            Pool(2, mode="average"),
            Conv(16, 5),
            Activation("tanh"),
            Pool(2, mode="average"),
            Flatten(),
            Linear(120),
            Activation("tanh"),
            Linear(84),
            Activation("tanh"),
            Linear(),
        ),
    ),
)
preset(
    "Tiny: 2 conv layers, 12 maps",
    NetworkSpec(
        name="tiny",
        layers=(
            Conv(4, 5, padding=2),
            Activation("relu"),
            Pool(2),
            Conv(8, 3, padding=1),
            Activation("relu"),
            Pool(2),
            Flatten(),
            Linear(),
        ),
    ),
)
preset("Linear: no convolution", NetworkSpec(name="linear", layers=(Flatten(), Linear())))
preset(
    "Fully connected, with dropout",
    NetworkSpec(
        name="mlp",
        layers=(
            Flatten(),
            *(Linear(128), Activation("relu"), Dropout(0.5)),
            *(Linear(128), Activation("relu"), Dropout(0.5)),
            Linear(),
        ),
    ),
)
preset(
    "Small ResNet: 2 residual blocks",
    NetworkSpec(
        name="small_resnet",
        layers=(
            *_conv_block(16, 5, 2),
            Group((_residual(16),), "stage1"),
            Group((_residual(32, 2),), "stage2"),
            GlobalAveragePool(),
            Linear(),
        ),
    ),
)
