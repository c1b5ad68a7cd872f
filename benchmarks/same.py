"""The largest difference between the browser's engine and torch after 100 epochs, over every data set, activation, optimiser, schedule,
initialisation and penalty.
"""

import json

from benchmarks._app import browsing, serving
from cnnviz.learning import from_link
from cnnviz.settings import ASSETS
from tools.make_golden import links

EPOCHS = 100
GOAL = 1e-5
RUN = """async ([rows, digits, epochs]) => {
  const script = performance.getEntriesByType("resource").map((one) => one.name).find((name) => name.includes("/playground.js"));
  const { Engine } = await import(new URL("lib/engine.js", script).href);
  return rows.map((experiment) => {
    const engine = new Engine(experiment, digits);
    for (let epoch = 0; epoch < epochs; epoch++) engine.epoch();
    return [...engine.parameters];
  });
}"""


def main() -> None:
    experiments = [from_link(link) for link in links()]
    digits = json.loads((ASSETS / "data" / "digits_plane.json").read_text())
    with browsing() as page, serving() as (address, _):
        page.goto(f"{address}/playground")
        page.locator("[data-number=test-loss]").wait_for()
        found = page.evaluate(RUN, [[one.description() for one in experiments], digits, EPOCHS])
    apart = {}
    for link, experiment, ours in zip(links(), experiments, found, strict=True):
        outcome = experiment.run(EPOCHS)
        theirs: list[float] = []
        for weight, bias, slope in zip(outcome.weights, outcome.biases, outcome.slopes, strict=True):
            theirs += [*weight.flatten().tolist(), *bias.tolist(), *([] if slope is None else slope.tolist())]
        apart[link] = max(abs(a - b) for a, b in zip(ours, theirs, strict=True))
    worst = max(apart, key=apart.__getitem__)
    print(
        f"{len(apart)} experiments, {EPOCHS} epochs: largest difference {apart[worst]:.1e} (goal: {GOAL:.0e}), {GOAL / max(apart[worst], 1e-300):.0f} times below it"
    )
    print(f"the worst one: {worst}")


if __name__ == "__main__":
    main()
