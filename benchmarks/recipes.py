"""Accuracy and seconds of each bundled recipe, five seeds on one thread, against the usual loop to its end on all cores."""

import torch

from benchmarks._usual_loop import EPOCHS, Course, ours, usual, warm_up
from cnnviz.training.recipes import RECIPES, recipe

SEEDS = 5


def main() -> None:
    warm_up()
    threads = torch.get_num_threads()
    theirs: dict[str, Course] = {}
    for name, entry in RECIPES.items():
        dataset = entry.spec.dataset
        if dataset not in theirs:
            torch.set_num_threads(threads)
            theirs[dataset] = course = usual(dataset, 0, ())
            print(
                f"{dataset}: usual loop, {EPOCHS} epochs: {course.accuracy:.2%} in {course.seconds:.0f} s on {threads} threads",
                flush=True,
            )
        torch.set_num_threads(1)
        courses = [ours(recipe(name, seed)) for seed in range(SEEDS)]
        seconds = sorted(course.seconds for course in courses)
        print(
            f"{dataset}: {name}: {' '.join(f'{course.accuracy:.2%}' for course in courses)} in {seconds[0]:.1f} to {seconds[-1]:.1f} s "
            f"on one thread: at least {theirs[dataset].seconds / seconds[-1]:.1f} times faster, "
            f"{min(course.accuracy for course in courses) - theirs[dataset].accuracy:+.2%} or more",
            flush=True,
        )


if __name__ == "__main__":
    main()
