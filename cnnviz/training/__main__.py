"""``python -m cnnviz.training RUNS``: the pool of training processes for one folder of runs (see
``pool.py``).
"""

import sys
from pathlib import Path

from cnnviz.training.pool import main

if __name__ == "__main__":
    main(Path(sys.argv[1]))
