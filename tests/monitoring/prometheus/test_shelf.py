"""Files of several processes: counters never fall, whoever ends and whenever it is cut off."""

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.sheet import Sheet
from apps.monitoring.prometheus import lock
from apps.monitoring.prometheus.place import KIND, Place
from apps.monitoring.prometheus.shelf import ENDED, Shelf
from apps.monitoring.prometheus.total import Total
from apps.monitoring.worker import Worker
from tests.monitoring.prometheus.sheets import COUNTED, OWN, WAITING, counting, sheet
from tests.servers.site import PROJECT


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "run")


@pytest.fixture
def dropped() -> Counter[str]:
    return Counter()


class Crew:
    """Places of processes that are all this one."""

    def __init__(self, shelf: Shelf, dropped: Counter[str], stack: ExitStack) -> None:
        self.shelf, self._dropped, self._stack = shelf, dropped, stack
        self._number = 0

    def join(self) -> Place:
        self._number += 1
        worker = Worker(kind="web", host="h.example", pid=self._number, started=1.0)
        place = Place(self.shelf, worker, lambda kind, number: self._dropped.update({kind: number}))
        self._stack.callback(place.close)
        return place

    @property
    def counted(self) -> float:
        return counted(self.shelf.total())


def counted(total: Total) -> float:
    return sum(line.value for line in total.families.get(COUNTED, {}).values())


@pytest.fixture
def crew(shelf: Shelf, dropped: Counter[str]) -> Iterator[Crew]:
    with ExitStack() as stack:
        yield Crew(shelf, dropped, stack)


def files(shelf: Shelf) -> set[str]:
    return {path.name for path in shelf.folder.iterdir()}


def test_an_empty_shelf_tells_nothing_and_fails_nothing(shelf: Shelf) -> None:
    assert shelf.total().families == {}


def test_the_figures_of_all_processes_are_one_sum(crew: Crew) -> None:
    for times in (1, 20, 300):
        crew.join().take(sheet("web", counting(times)))
    assert crew.counted == 321


def test_a_process_is_told_by_its_latest_sheet(crew: Crew) -> None:
    place = crew.join()
    place.take(sheet("web", counting(1)))
    place.take(sheet("web", counting(5)))
    assert crew.counted == 5
    assert counted(crew.shelf.total(besides=sheet("web", counting(7)), name=place.name)) == 7


def test_what_only_the_site_itself_shows_is_not_written(crew: Crew, shelf: Shelf) -> None:
    place = crew.join()
    place.take(sheet("web", lambda board: board.add(OWN, ())))
    assert place.latest is not None
    assert place.latest.lines == []
    assert Sheet.unpacked((shelf.folder / f"{place.name}.sheet").read_bytes()).lines == []


def test_the_counters_of_processes_that_ended_stay_and_their_files_go(crew: Crew, shelf: Shelf) -> None:
    def busy(board: Board) -> None:
        board.put(WAITING, (), 5)
        board.add(COUNTED, ("a",), 10)

    for _ in range(3):
        place = crew.join()
        place.take(sheet("web", busy))
        place.close()
    assert crew.counted == 30
    assert WAITING not in shelf.total().families
    crew.join().take(sheet("web", counting(1)))
    assert crew.counted == 31
    assert len([name for name in files(shelf) if name.endswith(".sheet")]) == 2, "one of the ended, one of the last"
    assert len([name for name in files(shelf) if name.endswith(".lock")]) == 1


def running(shelf: Shelf) -> int:
    return sum(lock.is_held(path) for path in shelf.folder.glob("*.lock"))


def test_what_a_killed_process_wrote_is_kept(crew: Crew, shelf: Shelf) -> None:
    crew.join().take(sheet("web", counting(1)))
    command = [sys.executable, "-m", "tests.monitoring.prometheus.occupant", str(shelf.folder)]
    with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "written\n"
        assert (crew.counted, running(shelf)) == (101, 2)
        other.kill()
    assert running(shelf) == 1
    assert crew.counted == 101
    shelf.fold()
    assert crew.counted == 101
    assert len(list(shelf.folder.glob("*.sheet"))) == 2


def test_folding_that_is_cut_off_before_it_removed_anything_counts_nothing_twice(crew: Crew, shelf: Shelf) -> None:
    place = crew.join()
    place.take(sheet("web", counting(10)))
    place.close()
    content = (shelf.folder / f"{place.name}.sheet").read_bytes()
    shelf.fold()
    (shelf.folder / f"{place.name}.sheet").write_bytes(content)
    assert crew.counted == 10
    shelf.fold()
    assert crew.counted == 10
    assert f"{place.name}.sheet" not in files(shelf)


def test_counters_never_fall_for_whoever_reads_while_processes_come_and_go(crew: Crew, shelf: Shelf) -> None:
    over, seen = threading.Event(), []

    def watch() -> None:
        while not over.is_set():
            seen.append(crew.counted)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for _ in range(60):
        place = crew.join()
        place.take(sheet("web", counting(1)))
        place.close()
    over.set()
    watcher.join()
    assert crew.counted == 60
    assert seen == sorted(seen)


def test_one_process_folds_at_a_time(crew: Crew, shelf: Shelf) -> None:
    place = crew.join()
    place.take(sheet("web", counting(10)))
    place.close()
    with lock.tried(shelf.folder / "fold") as is_alone:
        shelf.fold()
        assert is_alone
        assert f"{ENDED}.sheet" not in files(shelf)
    assert crew.counted == 10


@pytest.mark.parametrize("name", ["web:h:9:1.000", ENDED])
def test_a_file_that_cannot_be_read_is_counted_and_costs_nothing_else(
    crew: Crew, shelf: Shelf, dropped: Counter[str], name: str
) -> None:
    place = crew.join()
    place.take(sheet("web", counting(3)))
    (shelf.folder / f"{name}.sheet").write_bytes(b"\xc1 torn")
    assert crew.counted == 3
    place.take(sheet("web", counting(4)))
    assert dropped == {KIND: 1}
    assert crew.counted == 4


def test_a_full_disk_is_counted_and_the_process_still_tells_of_itself(
    crew: Crew, shelf: Shelf, dropped: Counter[str], caplog: pytest.LogCaptureFixture
) -> None:
    place = crew.join()
    place.take(sheet("web", counting(1)))
    (shelf.folder / f"{place.name}.draft").symlink_to("/dev/full")
    for times in (2, 3):
        place.take(sheet("web", counting(times)))
        (shelf.folder / f"{place.name}.draft").unlink(missing_ok=True)
        (shelf.folder / f"{place.name}.draft").symlink_to("/dev/full")
    assert dropped == {KIND: 2}
    assert place.latest is not None
    assert counted(shelf.total(besides=place.latest, name=place.name)) == 3
    assert crew.counted == 1, "the file is the last whole one"
    assert len(caplog.messages) == 1, "said once"
    (shelf.folder / f"{place.name}.draft").unlink()
    place.take(sheet("web", counting(4)))
    assert crew.counted == 4


def test_a_folder_that_cannot_be_made_is_counted_and_tried_again(
    crew: Crew, shelf: Shelf, dropped: Counter[str]
) -> None:
    shelf.folder.write_text("in the way")
    place = crew.join()
    place.take(sheet("web", counting(1)))
    assert dropped == {KIND: 1}
    shelf.folder.unlink()
    place.take(sheet("web", counting(2)))
    assert crew.counted == 2


def test_a_lock_that_cannot_be_looked_at_counts_as_held(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert lock.is_held(tmp_path / "loop")
    assert not lock.is_held(tmp_path / "missing")
