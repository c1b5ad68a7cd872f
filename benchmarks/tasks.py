"""The twelve tasks of a newcomer: clicks and seconds, in Chromium.

python -m benchmarks tasks
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    test = "tests/browser/test_tasks.py"
    command = [sys.executable, "-m", "pytest", "-o", "addopts=", "-q", "-s", test]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    rows = re.findall(r"^ +(\d+) +([\d.]+)  (.+)$", told, re.MULTILINE)
    if not rows:
        raise SystemExit(told)
    print("clicks  seconds  task")
    for clicks, seconds, task in rows:
        print(f"{clicks:>6}  {seconds:>7}  {task}")
    print(
        f"{sum(int(clicks) for clicks, _, _ in rows):>6}  {sum(float(one) for _, one, _ in rows):7.1f}  all {len(rows)}"
    )
    failed = re.search(r"(\d+) failed", told)
    if failed:
        raise SystemExit(f"{failed[0]} of the tasks")


if __name__ == "__main__":
    main()
