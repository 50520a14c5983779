"""Coverage-guided fuzzing of the entry points with atheris: `make fuzz-entry`.

`python -m tests.fuzz --seconds 600` gives each target its share of the time, from the
seeds beside this file on. Ends with 1 if a target crashed, and prints the input.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SEEDS = Path(__file__).parent / "seeds"


def main() -> int:
    """Fuzz every target, or those that are named, in a process each."""
    names = sorted(path.name for path in SEEDS.iterdir())
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=600, help="for all together")
    parser.add_argument("targets", nargs="*", default=names, metavar="TARGET")
    options = parser.parse_args()
    crashed = []
    for name in options.targets:
        with tempfile.TemporaryDirectory(prefix="feedgate-fuzz-") as folder:
            corpus = shutil.copytree(SEEDS / name, Path(folder) / "corpus")
            command = [
                sys.executable, "-m", "tests.fuzz.one", name, str(corpus),
                f"-max_total_time={options.seconds // len(options.targets)}",
                "-max_len=8192", "-timeout=10", "-rss_limit_mb=1024",
                f"-artifact_prefix={folder}/", "-print_final_stats=1",
            ]  # fmt: skip
            done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
            print(f"== {name}: exit code {done.returncode}")
            print("\n".join(done.stderr.splitlines()[-12:]), flush=True)
            for path in Path(folder).glob("*-*"):
                print(f"{path.name}: {path.read_bytes()!r}", flush=True)
            if done.returncode:
                crashed.append(name)
    print(f"crashed: {', '.join(crashed) or 'none'}")
    return 1 if crashed else 0


if __name__ == "__main__":
    sys.exit(main())
