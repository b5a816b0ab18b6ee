"""How fast chats come in, come again and go out, and in how much memory: python -m benchmarks.imports [ROWS …].

For each size (10,000, 100,000 and 1,000,000 rows) and engine a new database; each figure is taken in a process of its
own. The text is made up to be like that of an IRC channel: short lines, names, paths, links, a third of them with
marks that Markdown could mean something by.
"""

import csv
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

SIZES = (10_000, 100_000, 1_000_000)
PACKAGES = ("django", "psycopg", "markdown-it-py", "nh3")
PER_CONVERSATION = 1_150
PEOPLE = 400
WORDS = """
the a is it you to and i in of that have for not on with what how do can my this but if are so just be try install
kernel package server desktop driver screen sound card file boot partition mount update version problem thanks
yes no maybe google where which why there here works broken again today ubuntu gnome terminal root reboot wiki
""".split()  # noqa: SIM905  (a list of so many literals reads worse)
MARKED = (
    "/etc/apt/sources.list", "http://wiki.example.org/Hw", ":)", "sudo apt-get update", "2.6.8.1-3", "~/.bashrc",
    "<name>", "*really*", "#channel", "foo_bar", "-->", "`ls -l`", "[1]", "c++", "e|f",
)  # fmt: skip
MARKED_SHARE, ADDRESSED_SHARE = 0.28, 0.35
NOTES = (
    "Rows a second from the start of the file to the last commit; `import` includes reading, checking, rendering"
    " Markdown and the search index, `again` is the same file once more, all of it known. Own CPU is that of the"
    " process, which for SQLite includes the database. Peak is its largest resident set, Django included."
)


def main() -> None:
    """Measure each size on each engine, then publish."""
    if sys.argv[1:2] == ["measure"]:
        print(*measured(sys.argv[2], Path(sys.argv[3])))
        return
    from benchmarks.report import publish

    sizes = [int(word.replace(",", "")) for word in sys.argv[1:]] or list(SIZES)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        databases = dict(engines(Path(folder), stack))
        rows = [row(engine, size, Path(folder), databases[engine]) for engine in databases for size in sizes]
    publish("imports", "Importing and exporting chats", rows, packages=PACKAGES, notes=NOTES)


def engines(folder: Path, stack: ExitStack) -> Iterator[tuple[str, Any]]:
    """Yield each engine and what makes a new database of it."""
    from tests.servers.postgres import running_postgres

    @contextmanager
    def sqlite() -> Iterator[str]:
        with tempfile.TemporaryDirectory(dir=folder) as home:
            yield f"sqlite:///{home}/bench.sqlite3"

    yield "SQLite", sqlite
    yield "Postgres", stack.enter_context(running_postgres(durable=True)).database


def row(engine: str, size: int, folder: Path, database: Any) -> dict[str, Any]:
    """Return one line of the table."""
    path = folder / f"{size}.csv"
    if not path.exists():
        write_chat(path, size)
    with database() as url:
        env = {**os.environ, "DATABASE_URL": url, "DATA_DIR": str(folder), "DEBUG": "off"}
        figures = {what: in_process(what, path, env) for what in ("import", "again", "export")}
    print(engine, size, figures, file=sys.stderr, flush=True)
    found: dict[str, Any] = {"engine": engine, "rows": f"{size:,}"}
    for what, (speed, cost, peak) in figures.items():
        found |= {f"{what} (rows/s)": f"{speed:,}", f"{what}, own CPU (µs/row)": cost, f"{what}, peak (MiB)": peak}
    return found


def in_process(what: str, path: Path, env: dict[str, str]) -> tuple[int, int, int]:
    """Return rows a second, own CPU µs a row and peak MiB of one fresh process."""
    command = [sys.executable, "-m", "benchmarks.imports", "measure", what, str(path)]
    done = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True)
    speed, cost, peak = map(int, done.stdout.split()[-3:])
    return speed, cost, peak


def measured(what: str, path: Path) -> tuple[int, int, int]:
    """Do one thing with the file and return rows a second, own CPU µs a row and peak MiB."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perfsite.settings")
    import django

    django.setup()
    from django.core.management import call_command

    from apps.chat.models import User

    call_command("migrate", verbosity=0)
    owner, _ = User.objects.get_or_create(username="ann")
    begin, own = time.perf_counter(), time.process_time()
    count = exported() if what == "export" else imported(path, owner.pk, is_again=what == "again")
    seconds = time.perf_counter() - begin
    own = time.process_time() - own
    return round(count / seconds), round(own / count * 1e6), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def imported(path: Path, owner_id: int, *, is_again: bool) -> int:
    """Import the file and return its rows, of which none may be refused."""
    from apps.chat.services.imports import import_file

    outcome = import_file(path=path, owner_id=owner_id, report=lambda _: None)
    assert outcome.refused == 0, outcome.refusals[:3]
    assert (outcome.imported == 0) == is_again, outcome
    return outcome.imported + outcome.known


def exported() -> int:
    """Export all and return the rows."""
    from apps.chat.services.exports import export_conversations

    return sum(chunk.count(b"\r\n") for chunk in export_conversations(user_id=None, format="csv")) - 1


def write_chat(path: Path, count: int) -> None:
    """Write a CSV file of so many messages, the same every time."""
    dice = random.Random(count)
    moment = datetime(2020, 1, 1, tzinfo=UTC)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("conversation", "author", "role", "sent_at", "text"))
        for number in range(count):
            moment += timedelta(seconds=dice.randrange(40))
            name = f"channel-{number // PER_CONVERSATION}"
            sent_at = moment.isoformat().replace("+00:00", "Z")
            writer.writerow((name, f"nick{dice.randrange(PEOPLE)}", "user", sent_at, sentence(dice)))


def sentence(dice: random.Random) -> str:
    """Return one line of chat."""
    words = dice.choices(WORDS, k=min(40, 2 + int(dice.expovariate(1 / 9))))
    if dice.random() < MARKED_SHARE:
        words.insert(dice.randrange(len(words)), dice.choice(MARKED))
    start = f"nick{dice.randrange(PEOPLE)}: " if dice.random() < ADDRESSED_SHARE else ""
    return f"{start}{' '.join(words)}{dice.choice(('', '', '?', '.', ' ...'))}"


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main()
