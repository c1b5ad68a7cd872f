"""Seconds to 97, 98 and 99 % test accuracy on bundled MNIST: our recipes against the usual example loop, five seeds.

The usual loop needs minutes to its end; whether it reaches 99 % is asked of the first seed only.
"""

import torch

from benchmarks._usual_loop import ours, usual, warm_up
from cnnviz.training.recipes import FASTEST, recipe

GOALS = (0.97, 0.98, 0.99)
WANTED = {0.97: "goal: 20", 0.98: "goal: 30", 0.99: "no goal yet"}
SEEDS = 5


def main() -> None:
    warm_up()
    threads = torch.get_num_threads()
    for seed in range(SEEDS):
        torch.set_num_threads(1)
        mine = {goal: ours(recipe(FASTEST[goal], seed), (goal,)).reached.get(goal) for goal in GOALS}
        torch.set_num_threads(threads)
        theirs = usual("mnist", seed, GOALS if seed == 0 else GOALS[:2])
        for goal in theirs.goals:
            here, there = mine[goal], theirs.reached.get(goal)
            if here is None:
                print(f"seed {seed}: {goal:.0%} was not reached by ours; by the usual loop: {there}")
            elif there is None:
                print(
                    f"seed {seed}: {goal:.0%} after {here:.2f} s on one thread; the usual loop never, {theirs.seconds:.0f} s "
                    f"on {threads}, best {theirs.best:.1%}: more than {theirs.seconds / here:.1f} times faster ({WANTED[goal]})",
                    flush=True,
                )
            else:
                print(
                    f"seed {seed}: {goal:.0%} after {here:.2f} s on one thread, usual loop {there:.1f} s on {threads}: "
                    f"{there / here:.1f} times faster ({WANTED[goal]})",
                    flush=True,
                )


if __name__ == "__main__":
    main()
