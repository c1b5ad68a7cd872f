"""EfficientNet-Lite0: the ImageNet network that comes with the app, 4.7 million weights, 407 million
multiply-adds.

Source: Tan and Le, "EfficientNet: Rethinking model scaling", ICML 2019; Google, EfficientNet-Lite, 2020 (no
    squeeze-and-excitation, ReLU6).
"""

from collections import OrderedDict

from torch import Tensor, nn

from cnnviz.models.network import ImageNetwork, Normalise

SIDE = 224
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""Blocks, kernel, stride of the first block, widening of the channels, channels out."""
_NORM = 1e-3


class Block(nn.Module):
    """Widen (1×1), look around (depthwise), narrow (1×1); added to what came in where the shapes agree
    (Sandler et al., MobileNetV2, 2018).
    """

    def __init__(self, channels: int, kernel: int, stride: int, widening: int, out: int) -> None:
        super().__init__()
        inner = channels * widening
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        if widening > 1:
            layers["expand_conv"] = nn.Conv2d(channels, inner, 1, bias=False)
            layers["expand_norm"] = nn.BatchNorm2d(inner, eps=_NORM)
            layers["expand_relu"] = nn.ReLU6()
        if stride > 1:
            layers["pad"] = same_padding(kernel)
        layers["depthwise_conv"] = nn.Conv2d(
            inner, inner, kernel, stride, 0 if stride > 1 else kernel // 2, groups=inner, bias=False
        )
        layers["depthwise_norm"] = nn.BatchNorm2d(inner, eps=_NORM)
        layers["depthwise_relu"] = nn.ReLU6()
        layers["project_conv"] = nn.Conv2d(inner, out, 1, bias=False)
        layers["project_norm"] = nn.BatchNorm2d(out, eps=_NORM)
        for name, layer in layers.items():
            self.add_module(name, layer)
        self.skips = stride == 1 and channels == out

    def forward(self, maps: Tensor) -> Tensor:
        values = maps
        for layer in self.children():
            values = layer(values)
        return maps + values if self.skips else values


def same_padding(kernel: int) -> nn.ZeroPad2d:
    """What TensorFlow's "same" adds around an even side before stride 2: less on the left and above."""
    return nn.ZeroPad2d(((kernel - 2) // 2, (kernel - 1) // 2, (kernel - 2) // 2, (kernel - 1) // 2))


class EfficientNetLite0(ImageNetwork):
    """Images (B, 3, 224, 224) in [0, 1] in, logits of 1000 classes out."""

    def __init__(self, classes: tuple[str, ...]) -> None:
        layers: OrderedDict[str, nn.Module] = OrderedDict(
            normalise=Normalise((127 / 255,) * 3, (128 / 255,) * 3)
        )
        layers["stem_pad"] = same_padding(3)
        layers["stem_conv"] = nn.Conv2d(3, 32, 3, 2, bias=False)
        layers["stem_norm"] = nn.BatchNorm2d(32, eps=_NORM)
        layers["stem_relu"] = nn.ReLU6()
        channels = 32
        for count, kernel, stride, widening, out in _STAGES:
            for index in range(count):
                layers[f"block{sum(name.startswith('block') for name in layers) + 1}"] = Block(
                    channels, kernel, stride if index == 0 else 1, widening, out
                )
                channels = out
        layers["head_conv"] = nn.Conv2d(channels, 1280, 1, bias=False)
        layers["head_norm"] = nn.BatchNorm2d(1280, eps=_NORM)
        layers["head_relu"] = nn.ReLU6()
        layers["pool"] = nn.AdaptiveAvgPool2d(1)
        layers["flatten"] = nn.Flatten()
        layers["dropout"] = nn.Dropout(0.2)
        layers["fc"] = nn.Linear(1280, len(classes))
        super().__init__(layers)
        self.input_shape = (3, SIDE, SIDE)
        self.classes = classes
        self.title = "EfficientNet-Lite0"

    def load_published(self, weights: dict[str, Tensor]) -> None:
        """Takes the weights under the names of the published file, which are in the order of computation."""
        own = {name: value for name, value in self.state_dict().items() if not name.startswith("normalise")}
        self.load_state_dict(dict(zip(own, weights.values(), strict=True)), strict=False)
