"""A process with a place on a shelf, that has counted a hundred: python -m tests.monitoring.prometheus.occupant DIR."""

import os
import sys
import time
from pathlib import Path

from apps.monitoring.prometheus.place import Place
from apps.monitoring.prometheus.shelf import Shelf
from apps.monitoring.worker import Worker
from tests.monitoring.prometheus.sheets import counting, sheet

if __name__ == "__main__":
    worker = Worker(kind="web", host="h", pid=os.getpid(), started=time.time())
    Place(Shelf(Path(sys.argv[1])), worker, lambda *_: None).take(sheet("web", counting(100)))
    print("written", flush=True)
    sys.stdin.read()
