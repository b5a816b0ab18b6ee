"""What happened is written once, whoever tells of it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from apps.monitoring.events.book import KEPT, prune, write
from apps.monitoring.events.happening import Happening
from apps.monitoring.models import Event


def opened(state: str = "open", *, is_news: bool = False) -> Happening:
    return Happening(kind="breaker", subject="smtp", state=state, title=f"it is {state}", is_news=is_news)


@pytest.mark.django_db
def test_the_same_state_again_is_not_written() -> None:
    assert [write(opened()), write(opened()), write(opened("closed")), write(opened())] == [True, False, True, True]
    told = Event.objects.order_by("number").values_list("number", "state")
    assert list(told) == [(1, "open"), (2, "closed"), (3, "open")]


@pytest.mark.django_db
def test_news_are_written_each_time() -> None:
    assert [write(opened(is_news=True)), write(opened(is_news=True))] == [True, True]
    assert Event.objects.count() == 2


@pytest.mark.django_db
def test_what_is_too_long_is_cut_instead_of_lost() -> None:
    write(Happening(kind="breaker", subject="s" * 500, state="x" * 500, title="t" * 500, detail="d" * 5_000))
    kept = Event.objects.get()
    assert (len(kept.subject), len(kept.state), len(kept.title), len(kept.detail)) == (200, 100, 200, 1_000)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_tell_of_it_at_once_one_writes() -> None:
    together = Barrier(4)

    def tell(_: int) -> bool:
        together.wait(10)
        try:
            return write(opened())
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(tell, range(4)))
    assert sorted(written) == [False, False, False, True]
    assert Event.objects.count() == 1


@pytest.mark.django_db
def test_what_is_older_than_is_kept_goes() -> None:
    write(opened())
    write(opened("closed"))
    Event.objects.filter(state="open").update(at=timezone.now() - KEPT - timedelta(days=1))
    assert prune() == 1
    assert Event.objects.get().state == "closed"
