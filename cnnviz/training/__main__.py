"""``python -m cnnviz.training RUNS``: the launcher for one folder of runs (see ``launcher.py``)."""

import sys
from pathlib import Path

from cnnviz.training.launcher import main

if __name__ == "__main__":
    main(Path(sys.argv[1]))
