"""``python -m benchmarks``: all of them, or those named. Each prints a ratio measured side by side in one
run.
"""

import importlib
import pkgutil
import sys

import benchmarks

NAMES = [
    module.name for module in pkgutil.iter_modules(benchmarks.__path__) if not module.name.startswith("_")
]

if __name__ == "__main__":
    wanted = sys.argv[1:] or NAMES
    if unknown := set(wanted) - set(NAMES):
        sys.exit(f"There is no benchmark {', '.join(sorted(unknown))}. Choose from: {', '.join(NAMES)}.")
    for name in wanted:
        print(f"\n== {name}", flush=True)
        importlib.import_module(f"benchmarks.{name}").main()
