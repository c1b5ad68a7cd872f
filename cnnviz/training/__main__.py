"""``python -m cnnviz.training RUNS [KIND]``: the server that hands the runs of one folder to training processes (see
``pool.py``).
"""

import sys
from pathlib import Path

from cnnviz.training.pool import LOCAL, main

if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else LOCAL)
