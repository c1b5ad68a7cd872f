"""Networks to begin with. A new preset is one entry in ``PRESETS``."""

from cnnviz.models.layers import Activation, BatchNorm, Conv, Dropout, Flatten, Layer, Linear, Pool
from cnnviz.models.spec import NetworkSpec


def _conv_block(channels: int, kernel: int, stride: int = 1) -> tuple[Layer, ...]:
    return Conv(channels, kernel, stride, bias=False), BatchNorm(), Activation("relu")


PRESETS: dict[str, NetworkSpec] = {
    spec.name: spec
    for spec in (
        NetworkSpec(
            name="fast",
            layers=(*_conv_block(16, 5, 2), *_conv_block(32, 3, 2), *_conv_block(64, 3), Flatten(), Linear()),
        ),
        NetworkSpec(
            name="lenet5",
            layers=(
                Conv(6, 5, padding=2), Activation("tanh"), Pool(2, mode="average"),
                Conv(16, 5), Activation("tanh"), Pool(2, mode="average"),
                Flatten(), Linear(120), Activation("tanh"), Linear(84), Activation("tanh"), Linear(),
            ),
        ),
        NetworkSpec(
            name="tiny",
            layers=(
                Conv(4, 5, padding=2), Activation("relu"), Pool(2),
                Conv(8, 3, padding=1), Activation("relu"), Pool(2),
                Flatten(), Linear(),
            ),
        ),
        NetworkSpec(name="linear", layers=(Flatten(), Linear())),
        NetworkSpec(
            name="mlp",
            layers=(Flatten(), Linear(128), Activation("relu"), Dropout(0.5), Linear(128), Activation("relu"), Dropout(0.5), Linear()),
        ),
    )
}  # fmt: skip

PRESET_TITLES: dict[str, str] = {
    "fast": "Fast: 3 conv, batch norm",
    "lenet5": "LeNet-5 (1998)",
    "tiny": "Tiny: 2 conv layers, 12 maps",
    "linear": "Linear: no convolution",
    "mlp": "Fully connected, with dropout",
}
