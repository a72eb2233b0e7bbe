"""Measures returnsync against the sandbox, and writes the figures into a page.

python benchmarks/run.py                     everything, printed
python benchmarks/run.py --only idle         one part
python benchmarks/run.py --write FILE        everything, between the two markers of that page
python benchmarks/run.py --quick             tiny numbers, to see that it works; its times mean nothing
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import page
from figures import FULL, QUICK, Bench

PARTS = {
    "new": Bench.new_returns,
    "delivery": Bench.delivery,
    "memory": Bench.memory,
    "concurrency": Bench.concurrency,
    "idle": Bench.idle,
    "asking": Bench.asking,
    "start-up": Bench.start_up,
}


def main() -> None:
    """Measure the requested parts, and print or write the figures."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="returnsync-bench-") as folder:
        bench = Bench(Path(folder), QUICK if arguments.quick else FULL)
        bench.warm_up()
        found: dict[str, Any] = {}
        for part in arguments.only or PARTS:
            print(f"measuring: {part} …", file=sys.stderr, flush=True)
            found[part] = PARTS[part](bench)
    if arguments.json:
        print(json.dumps(found, indent=2))
    elif arguments.write:
        page.write(arguments.write, page.render(found))
    else:
        print(page.render(found))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure returnsync against the sandbox.")
    parser.add_argument("--quick", action="store_true", help="tiny numbers, to see that it works")
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="PART", help=f"some of: {', '.join(PARTS)}")
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--write", type=Path, metavar="FILE", help="write the figures into this page")
    output.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    if arguments.write and (arguments.only or arguments.quick):
        parser.error("--write is for the whole and full measurement")
    return arguments


if __name__ == "__main__":
    main()
