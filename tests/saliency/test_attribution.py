"""Every method against Captum or torchcam, on real networks; what does not fit is a sentence."""

import threading
from collections.abc import Callable

import pytest
import torch
from captum import attr
from torch import Tensor, nn
from torch.nn import functional
from torchcam import methods as torchcam

from cnnviz.data import fit, load, photo
from cnnviz.errors import CnnvizError
from cnnviz.models import build, pretrained
from cnnviz.saliency import METHODS, attribute, completeness, default_layer
from cnnviz.saliency.question import superpixels
from cnnviz.training import open_run
from cnnviz.vision import torchvision


@pytest.fixture(scope="module")
def network() -> nn.Module:
    return open_run("example").network(624)


@pytest.fixture(scope="module")
def image() -> Tensor:
    return load("mnist", "test", 8).floats()[7]


FAST = {
    "lime": {"samples": 60},
    "kernel_shap": {"samples": 80},
    "rise": {"masks": 60},
    "score_cam": {"channels": 16},
}


@pytest.mark.parametrize("method", list(METHODS))
def test_every_method_gives_a_map_of_the_image_and_leaves_the_network_alone(
    method: str, network: nn.Module, image: Tensor
) -> None:
    network.train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    found = attribute(network, image, 3, method, **FAST.get(method, {}))
    again = attribute(network, image, 3, method, **FAST.get(method, {}))
    assert found.map.shape == (28, 28)
    assert found.map.abs().max() > 0
    assert torch.equal(found.map, again.map)
    assert found.method == method
    assert network.training
    assert all(not module._forward_hooks and not module._backward_hooks for module in network.modules())
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert image.requires_grad is False
    if not METHODS[method].signed:
        assert found.map.min() >= 0
    torch.testing.assert_close(found.values.sum(0), found.map)


def resnet() -> nn.Module:
    torch.manual_seed(0)
    return torchvision().models.resnet18(weights=None).eval()


CAPTUM: dict[str, Callable[[nn.Module, Tensor], Tensor]] = {
    "gradient": lambda net, x: attr.Saliency(net).attribute(x, target=3, abs=False),
    "input_x_gradient": lambda net, x: attr.InputXGradient(net).attribute(x, target=3),
    "guided_backprop": lambda net, x: attr.GuidedBackprop(net).attribute(x, target=3),
    "deconvolution": lambda net, x: attr.Deconvolution(net).attribute(x, target=3),
    "integrated_gradients": lambda net, x: attr.IntegratedGradients(net).attribute(x, target=3),
    "deep_lift": lambda net, x: attr.DeepLift(net).attribute(x, target=3),
    "occlusion": lambda net, x: attr.Occlusion(net).attribute(x, (1, 4, 4), (1, 2, 2), target=3),
}


@pytest.mark.parametrize("method", list(CAPTUM))
def test_maps_are_those_of_captum(method: str, network: nn.Module, image: Tensor) -> None:
    expected = CAPTUM[method](network.eval(), image[None].clone().requires_grad_())[0].detach().float()
    torch.testing.assert_close(attribute(network, image, 3, method).values, expected, atol=2e-4, rtol=1e-3)


def test_grad_cam_is_that_of_captum_on_a_network_that_uses_modules_twice() -> None:
    model, x = resnet(), torch.rand(3, 96, 96)
    expected = attr.LayerGradCam(model, model.layer4).attribute(x[None], target=5)
    expected = functional.interpolate(expected.detach(), (96, 96), mode="bilinear")[0, 0]
    torch.testing.assert_close(
        attribute(model, x, 5, "grad_cam", layer="layer4").map, expected, atol=1e-5, rtol=1e-3
    )
    torch.testing.assert_close(attribute(model, x, 5, "grad_cam").map, expected, atol=1e-5, rtol=1e-3)


@pytest.mark.parametrize(("method", "theirs"), [("grad_cam", "GradCAM"), ("layer_cam", "LayerCAM")])
@pytest.mark.parametrize("layer", ["layer3", "layer4"])
def test_cams_are_those_of_torchcam(method: str, theirs: str, layer: str) -> None:
    model, x = resnet(), torch.rand(3, 96, 96, generator=torch.Generator().manual_seed(1))
    with getattr(torchcam, theirs)(model, layer) as extractor:
        extractor._relu = False  # ours is signed
        expected = extractor(5, model(x[None]), normalized=False)[0]
    found = attribute(model, x, 5, method, layer=layer).map
    enlarged = functional.interpolate(expected[None].float(), (96, 96), mode="bilinear")[0, 0]
    assert enlarged.abs().max() > 0
    torch.testing.assert_close(found, enlarged, atol=1e-5, rtol=1e-3)


def test_grad_cam_pp_is_the_papers_formula_with_derivatives_of_exp_s() -> None:
    """torchcam 0.5 divides a copy, so the paper's denominator is lost there; here the second and third
    derivatives are taken one by one.
    """
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.Softplus(), nn.Flatten(), nn.Linear(3 * 4 * 4, 2)).double()
    x = torch.rand(1, 6, 6, dtype=torch.float64)
    maps = model[1](model[0](x[None])).detach().requires_grad_()
    score = model[3](model[2](maps))[0, 1].exp()
    (first,) = torch.autograd.grad(score, maps, create_graph=True)
    weights = []
    for k in range(3):
        total = torch.zeros((), dtype=torch.float64)
        second, third = torch.zeros(4, 4, dtype=torch.float64), torch.zeros(4, 4, dtype=torch.float64)
        for i in range(4):
            for j in range(4):
                (g2,) = torch.autograd.grad(first[0, k, i, j], maps, create_graph=True)
                (g3,) = torch.autograd.grad(g2[0, k, i, j], maps, retain_graph=True)
                second[i, j], third[i, j] = g2[0, k, i, j].detach(), g3[0, k, i, j]
        for i in range(4):
            for j in range(4):
                alpha = second[i, j] / (2 * second[i, j] + maps[0, k].detach().sum() * third[i, j])
                total = total + alpha * first[0, k, i, j].detach().relu()
        weights.append(total / score.detach())
    expected = (torch.stack(weights).view(1, 3, 1, 1) * maps.detach()).sum(1, keepdim=True).relu()
    enlarged = functional.interpolate(expected, (6, 6), mode="bilinear")[0, 0].float()
    torch.testing.assert_close(
        attribute(model, x, 1, "grad_cam_pp", layer="1").map, enlarged, atol=1e-6, rtol=1e-4
    )


@pytest.mark.parametrize(
    ("method", "options"),
    [("integrated_gradients", {"steps": 200}), ("deep_lift", {}), ("kernel_shap", {"samples": 600})],
)
def test_what_promises_to_be_complete_is(
    method: str, options: dict[str, int], network: nn.Module, image: Tensor
) -> None:
    found = [
        completeness(network, image, attribute(network, image, target, method, **options))
        for target in range(10)
    ]
    scale = max(abs(one.difference) for one in found if one is not None)
    for one in found:
        assert one is not None
        assert one.total == pytest.approx(one.difference, rel=0.01, abs=0.02 * scale)
    assert completeness(network, image, attribute(network, image, 3, "gradient")) is None


def test_guided_backprop_knows_relu6_and_the_cat_is_found() -> None:
    model, cat = pretrained(), fit(photo("chelsea"), (3, 224, 224))
    plain, guided = (attribute(model, cat, 285, method).map for method in ("gradient", "guided_backprop"))
    assert not torch.allclose(plain, guided)
    cam = attribute(model, cat, 285, "grad_cam")
    assert cam.layer == "head_relu"
    assert cam.map[40:200, 40:200].mean() > cam.map.mean()


def test_several_threads_get_each_their_own_map(network: nn.Module) -> None:
    images = load("mnist", "test", 16).floats()
    asked = [
        (method, number)
        for number in range(4)
        for method in ("gradient", "guided_backprop", "deep_lift", "grad_cam", "smooth_grad")
    ]
    expected = [attribute(network, images[number], 3, method).map for method, number in asked]
    found: dict[int, Tensor] = {}
    threads = [
        threading.Thread(
            target=lambda i=i, m=m, n=n: found.update({i: attribute(network, images[n], 3, m).map})
        )
        for i, (m, n) in enumerate(asked)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i, one in enumerate(expected):
        torch.testing.assert_close(found[i], one)


class StopError(Exception):
    pass


def test_progress_rises_and_may_end_the_work(image: Tensor, network: nn.Module) -> None:
    shares: list[float] = []
    attribute(network, image, 3, "rise", progress=shares.append, masks=2000)
    assert shares == sorted(shares)
    assert len(shares) > 4
    assert max(shares) <= 1

    def stop(share: float) -> None:
        if share > 0.3:
            raise StopError

    with pytest.raises(StopError):
        attribute(network, image, 3, "rise", progress=stop, masks=2000)
    assert attribute(network, image, 3, "guided_backprop").map.abs().max() > 0


def test_the_most_probable_class_is_asked_about_if_none_is_given(image: Tensor, network: nn.Module) -> None:
    assert attribute(network, image, method="gradient").target == int(network.eval()(image[None]).argmax())


def test_an_in_place_relu_is_no_problem(image: Tensor) -> None:
    torch.manual_seed(0)
    layers = [nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(676, 3)]
    plain = nn.Sequential(*layers)
    in_place = nn.Sequential(layers[0], nn.ReLU(inplace=True), *layers[2:])
    for method in ("deep_lift", "guided_backprop", "grad_cam"):
        torch.testing.assert_close(
            attribute(in_place, image, 1, method).map, attribute(plain, image, 1, method).map
        )


def broken() -> nn.Module:
    model = build("tiny", (1, 28, 28), 10)
    with torch.no_grad():
        model.conv1.weight[0] = float("nan")
    return model


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (
            lambda net, x: attribute(net, x, method="magic"),
            "no saliency method 'magic'. Choose one of: gradient",
        ),
        (
            lambda net, x: attribute(net, x, 10, "gradient"),
            "no class 10: this network has 10 classes, 0 to 9",
        ),
        (lambda net, x: attribute(net, x, 3, "grad_cam", layer="conv7"), "no layer 'conv7' on the way"),
        (
            lambda net, x: attribute(net, x, 3, "grad_cam", layer="fc1"),
            "'fc1' has no maps, only single units",
        ),
        (
            lambda _, x: attribute(build("linear", (1, 28, 28), 10), x, 3, "grad_cam"),
            "has no convolution.*Choose Gradient",
        ),
        (lambda _, x: attribute(build("linear", (1, 28, 28), 10), x, 3, "guided_backprop"), "has no ReLU"),
        (
            lambda net, _: attribute(net, torch.full((1, 28, 28), 0.3), 3, "gradient"),
            "same colour everywhere",
        ),
        (lambda net, x: attribute(net, x * float("nan"), 3, "gradient"), "not finite. Choose another image"),
        (lambda net, x: attribute(net, (x * 255).byte(), 3, "gradient"), "whole numbers"),
        (lambda net, x: attribute(net, x.expand(3, -1, -1), 3, "gradient"), "1×28×28"),
        (lambda _, x: attribute(broken(), x, 3, "gradient"), "weights have diverged"),
        (lambda _, x: attribute(broken(), x, 3, "lime"), "weights have diverged"),
        (
            lambda net, x: attribute(net, x, 3, "integrated_gradients", steps=0),
            "must be a number from 2 to 300",
        ),
        (
            lambda net, x: attribute(net, x, 3, "integrated_gradients", baseline="pink"),
            "Choose one of: black",
        ),
        (lambda net, x: attribute(net, x, 3, "gradient", steps=3), "has no option 'steps'"),
        (lambda net, x: attribute(net, x, 3, "occlusion", window=60), "does not fit in a 28×28 image"),
    ],
)
def test_what_does_not_fit_is_a_sentence(
    ask: Callable[[nn.Module, Tensor], object], sentence: str, network: nn.Module, image: Tensor
) -> None:
    with pytest.raises(CnnvizError, match=sentence):
        ask(network, image)


def test_the_layer_is_the_last_with_maps(network: nn.Module) -> None:
    assert default_layer(network, (1, 28, 28)) == "relu2"
    assert default_layer(resnet(), (3, 64, 64)) == "layer4.1.relu_1"


def test_the_registry_is_complete() -> None:
    for method in METHODS.values():
        assert all((method.formula, method.paper, method.cost, method.blind, method.title))


def test_superpixels_of_noise_are_squares_and_of_a_photo_follow_it() -> None:
    noise = superpixels(torch.rand(3, 40, 40), 16)
    assert noise.unique().numel() == 16
    assert noise[:10, :10].unique().numel() == 1
    cat = superpixels(fit(photo("chelsea"), (3, 96, 96)), 50)
    assert 25 < cat.unique().numel() < 75
    assert cat.unique().tolist() == list(range(cat.unique().numel()))
