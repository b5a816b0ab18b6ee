"""How every benchmark reports: a table for people, JSON for programs, and what it ran on."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"


def processor() -> str:
    """Return the processor's name as the system gives it."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def ground(packages: Sequence[str]) -> dict[str, Any]:
    """Return what the figures depend on: machine, Python and the versions of the packages."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in packages},
    }


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as a Markdown table; the first row's keys are the columns."""
    columns = list(rows[0])
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(str(row[column]) for column in columns) + " |" for row in rows]
    return "\n".join(lines)


def publish(
    name: str, title: str, rows: Sequence[Mapping[str, Any]], *, packages: Sequence[str], notes: str = ""
) -> None:
    """Print the table and keep it as NAME.md and NAME.json under benchmarks/results/."""
    RESULTS.mkdir(exist_ok=True)
    on = ground(packages)
    versions = ", ".join(f"{package} {number}" for package, number in on["versions"].items())
    where = f"{on['date']}, {on['cores']} cores of {on['processor']}, Python {on['python']}; {versions}."
    text = "\n\n".join(part for part in (f"# {title}", table(rows), notes, where) if part) + "\n"
    (RESULTS / f"{name}.md").write_text(text)
    (RESULTS / f"{name}.json").write_text(json.dumps({"title": title, "ground": on, "rows": rows}, indent=1) + "\n")
    print(text)
