"""What a network answers, once for all sessions."""

from torch import Tensor, nn

from cnnviz.features import probabilities
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import OpenNetwork


def answer_of(network: OpenNetwork, image: Tensor) -> tuple[Tensor, list[int]]:
    """The probabilities, and the classes from the most probable one down."""
    answer: Tensor = remember(_answer, network, image)
    return answer, answer.argsort(descending=True).tolist()


def _answer(network: OpenNetwork, image: Tensor) -> Tensor:
    return answer_to(network.model, image)


def answer_to(model: nn.Module, image: Tensor) -> Tensor:
    """(classes,) the probabilities for one image."""
    return probabilities(model, image.unsqueeze(0))[0]
