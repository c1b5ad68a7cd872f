"""Writes ``tests/learning/golden.json``: experiments of the playground with the numbers of the torch twin.

Run it with ``python -m tools.make_golden``. A test holds the twin to them, another one the browser's engine.
"""

import json
from pathlib import Path

from cnnviz.learning import RULES, SCHEDULES, from_link
from cnnviz.learning.experiment import PLANE_ACTIVATIONS, PLANE_INITIALISATIONS
from cnnviz.learning.plane import PLANE_SETS

FILE = Path(__file__).resolve().parents[1] / "tests" / "learning" / "golden.json"
EPOCHS = 12


def links() -> list[str]:
    """Every data set, activation, optimiser, schedule, initialisation and penalty."""
    points = "points=AACAHP__gOQACICc8AiA5H8PgBw"
    sets = [
        f"{'regDataset' if entry.problem == 'regression' else 'dataset'}={name}&problem={entry.problem}&noise=15&seed=s{number}"
        + (f"&{points}&batchSize=2" if "own" in name else "")
        for number, (name, entry) in enumerate(PLANE_SETS.items())
    ]
    activations = [f"dataset=xor&activation={name}&networkShape=3,2&seed=0.5" for name in PLANE_ACTIVATIONS]
    rules = [f"dataset=gauss&optimizer={name}&noise=35&learningRate=0.01&output=softmax" for name in RULES]
    schedules = [f"dataset=moons&schedule={name}&noise=20&batchSize=7" for name in SCHEDULES]
    inits = [f"dataset=circle&init={name}&seed=0.12345&percTrainData=30" for name in PLANE_INITIALISATIONS]
    return [
        *sets,
        *activations,
        *rules,
        *schedules,
        *inits,
        "dataset=spiral&regularization=L1&regularizationRate=0.03&xTimesY=true&sinX=true&sinY=true",
        "dataset=spiral&regularization=L2&regularizationRate=0.1&xSquared=true&ySquared=true&cosX=true&cosY=true",
        "dataset=arms&classes=5&dropouts=0.2,0.5&networkShape=6,5&activations=relu,tanh&shuffle=true&optimizer=adam",
        "dataset=gauss&networkShape=&batchSize=1&x=false",
        "dataset=spiral&networkShape=8,8,8&seed=0.12345",
    ]


def main() -> None:
    rows = []
    for link in links():
        outcome = from_link(link).run(EPOCHS)
        numbers = []
        for weight, bias, slope in zip(outcome.weights, outcome.biases, outcome.slopes, strict=True):
            numbers += [
                *weight.flatten().tolist(),
                *bias.tolist(),
                *([] if slope is None else slope.tolist()),
            ]
        rows.append(
            {
                "link": link,
                "experiment": from_link(link).description(),
                "epochs": EPOCHS,
                "train_loss": outcome.train_loss,
                "test_loss": outcome.test_loss,
                "accuracy": None if outcome.accuracy != outcome.accuracy else outcome.accuracy,
                "parameters": numbers,
            }
        )
    FILE.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


if __name__ == "__main__":
    main()
