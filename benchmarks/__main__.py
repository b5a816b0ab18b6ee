"""Run every benchmark, one after the other: python -m benchmarks."""

import subprocess
import sys

NAMES = (
    "adaptive",
    "breakers",
    "caching",
    "edge",
    "flights",
    "health",
    "history",
    "hung",
    "imports",
    "joining",
    "limits",
    "live",
    "metrics",
    "monitoring",
    "pages",
    "policies",
    "prediction",
    "refresh",
    "snapshots",
    "watchers",
)

if __name__ == "__main__":
    sys.exit(
        max(subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode for name in NAMES)
    )
