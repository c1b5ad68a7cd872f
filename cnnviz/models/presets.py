"""Networks to begin with. A new preset is one entry in ``PRESETS``."""

from cnnviz.models.blocks import Group, Residual
from cnnviz.models.layers import Activation, BatchNorm, Conv, Dropout, Flatten, GlobalAveragePool, Layer, Linear, Pool
from cnnviz.models.spec import NetworkSpec


def _conv_block(channels: int, kernel: int, stride: int = 1) -> tuple[Layer, ...]:
    return Conv(channels, kernel, stride, bias=False), BatchNorm(), Activation("relu")


def _residual(channels: int, stride: int = 1) -> Residual:
    """The basic block of ResNet (He et al., 2016); where the maps get smaller, a 1×1 convolution takes the shortcut along."""

    def convolution(kernel: int, stride: int = 1) -> tuple[Layer, ...]:
        return Conv(channels, kernel, stride, padding=kernel // 2, bias=False), BatchNorm()

    relu = Activation("relu")
    return Residual((*convolution(3, stride), relu, *convolution(3)), convolution(1, stride) if stride > 1 else None, (relu,))


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
        NetworkSpec(
            name="small_resnet",
            layers=(*_conv_block(16, 5, 2), Group((_residual(16),), "stage1"), Group((_residual(32, 2),), "stage2"), GlobalAveragePool(), Linear()),
        ),
    )
}  # fmt: skip

PRESET_TITLES: dict[str, str] = {
    "fast": "Fast: 3 conv, batch norm",
    "lenet5": "LeNet-5 (1998)",
    "tiny": "Tiny: 2 conv layers, 12 maps",
    "linear": "Linear: no convolution",
    "mlp": "Fully connected, with dropout",
    "small_resnet": "Small ResNet: 2 residual blocks",
}
