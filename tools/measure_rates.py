"""Counts the updates of each rule by its learning rate and writes ``assets/learning/steps_by_rate.json``, which the
page "Gradient descent" shows.

    python -m tools.measure_rates
"""

import json
import math

from cnnviz.learning.surfaces import STEPS_FILE, SURFACES, measure_steps_by_rate


def main() -> None:
    found = {}
    for name in SURFACES:
        measured = measure_steps_by_rate(name)
        steps = {
            rule: [None if math.isnan(one) else int(one) for one in by_rate]
            for rule, by_rate in measured.steps.items()
        }
        found[name] = {"goal": measured.goal, "steps": steps}
    lines = [f'"{name}": {json.dumps(one)}' for name, one in found.items()]
    STEPS_FILE.parent.mkdir(exist_ok=True)
    STEPS_FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    main()
