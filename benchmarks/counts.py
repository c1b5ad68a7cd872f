"""Parameters and multiply-adds of every full-size architecture, counted by arithmetic, against the published
ones.
"""

from cnnviz.models import ARCHITECTURES


def main() -> None:
    for name, entry in ARCHITECTURES.items():
        plan = entry.summary()
        work = plan.multiply_adds / entry.multiply_adds
        print(
            f"{name:20} {plan.parameters:>12,} parameters, published {entry.parameters:>12,}: "
            f"{'equal' if plan.parameters == entry.parameters else 'DIFFERENT'}; "
            f"{plan.multiply_adds / 1e9:8.4f} billion multiply-adds: {work:.4f} times (goal: 0.99 to 1.01)"
        )


if __name__ == "__main__":
    main()
