"""Classifiers of videos against plain implementations of their formulas."""

import math

import pytest
import torch
from sklearn.metrics import average_precision_score

from cnnviz.data.records import read_videos
from cnnviz.errors import CnnvizError
from cnnviz.tasks.videos import MixtureOfExperts, compare_classifiers, gap, hit_at_1, perr, videos_code
from tests.videos import made_up, tfrecord

GENERATOR = torch.Generator().manual_seed(4)
SCORES = torch.rand(40, 30, generator=GENERATOR)
TARGETS = torch.rand(40, 30, generator=GENERATOR) < 0.1
TARGETS[3] = False


def plain_gap(scores: list[list[float]], targets: list[list[bool]], top: int) -> float:
    rows = [
        (score, right)
        for its, known in zip(scores, targets, strict=True)
        for score, right in sorted(zip(its, known, strict=True), reverse=True)[:top]
    ]
    rows.sort(key=lambda row: -row[0])
    total, right, found = sum(map(sum, targets)), 0, 0.0
    for number, (_, is_right) in enumerate(rows, 1):
        right += is_right
        if is_right:
            found += right / number / total
    return found


def test_hit_and_perr_are_those_counted_by_hand() -> None:
    hits, precisions = [], []
    for row, known in zip(SCORES.tolist(), TARGETS.tolist(), strict=True):
        order = sorted(range(30), key=lambda label: -row[label])
        hits.append(known[order[0]])
        if sum(known):
            precisions.append(sum(known[label] for label in order[: sum(known)]) / sum(known))
    assert hit_at_1(SCORES, TARGETS) == pytest.approx(sum(hits) / 40)
    assert perr(SCORES, TARGETS) == pytest.approx(sum(precisions) / len(precisions))
    assert perr(SCORES, torch.zeros_like(TARGETS)) == 0


@pytest.mark.parametrize("top", [1, 5, 20])
def test_the_global_average_precision_is_that_of_its_formula(top: int) -> None:
    assert gap(SCORES, TARGETS, top) == pytest.approx(plain_gap(SCORES.tolist(), TARGETS.tolist(), top))


def test_with_all_labels_it_is_scikit_learns_average_precision() -> None:
    wanted = average_precision_score(TARGETS.flatten().numpy(), SCORES.flatten().numpy())
    assert gap(SCORES, TARGETS, 30) == pytest.approx(wanted)


def test_a_mixture_of_experts_is_the_sum_of_the_paper() -> None:
    torch.manual_seed(0)
    network = MixtureOfExperts(5, 3, experts=2)
    x = torch.randn(4, 5)
    found = network(x).sigmoid()
    for row in range(4):
        for label in range(3):
            gates = [math.exp(network.gate(x[row])[label * 3 + state].item()) for state in range(3)]
            experts = [
                1 / (1 + math.exp(-network.expert(x[row])[label * 2 + one].item())) for one in range(2)
            ]
            wanted = sum(gate * expert for gate, expert in zip(gates[1:], experts, strict=True)) / sum(gates)
            assert found[row, label].item() == pytest.approx(wanted, rel=1e-5)


def test_far_from_the_border_logits_stay_finite_and_have_gradients() -> None:
    network = MixtureOfExperts(5, 3)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(
        network(torch.full((2, 5), 1e4)), torch.ones(2, 3)
    )
    loss.backward()
    assert all(
        torch.isfinite(weight.grad).all() for weight in network.parameters() if weight.grad is not None
    )


def test_both_learn_what_frequencies_cannot_and_the_seed_repeats_it() -> None:
    videos = read_videos([("x", tfrecord(made_up(150)))])
    heard: list[float] = []
    found = compare_classifiers(videos, epochs=4, progress=heard.append)
    frequency, logistic, experts = found.scores
    assert (found.train, found.test, found.labels, found.unseen) == (120, 30, 6, 0)
    assert frequency.hit < 0.8
    assert min(logistic.hit, experts.hit) > 0.95
    assert min(logistic.gap, experts.gap) > 0.9 > frequency.gap
    assert (logistic.parameters, experts.parameters) == (6 * 1153, 6 * 5 * 1153)
    assert heard == sorted(heard)
    assert 0 <= heard[0] < heard[-1] < 1
    assert compare_classifiers(videos, epochs=4).scores == found.scores


def test_too_few_videos_are_told() -> None:
    with pytest.raises(CnnvizError, match="There are 5 videos, but 20 or more"):
        compare_classifiers(read_videos([("x", tfrecord(made_up(5)))]))


def test_the_code_gives_the_numbers(tmp_path, monkeypatch, capsys) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.tfrecord").write_bytes(tfrecord(made_up(40)))
    exec(videos_code(["a.tfrecord"], 1, 2), {})
    found = compare_classifiers(read_videos([tmp_path / "a.tfrecord"]), experts=1, epochs=2)
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.split()[-1] for line in lines] == [str(one.gap) for one in found.scores]
