"""What a drill's visitors saw, counted."""

from apps.chat.drill.course import Outcome, complaints
from apps.chat.drill.record import Record, Sample
from apps.chat.drill.telling import told
from tests.resilience.virtual import Clock


def test_time_is_degraded_while_anybody_is_told_so() -> None:
    clock = Clock(0.0)
    record = Record(clock=clock)
    for now, who, is_degraded in (
        (1, "ann", True),
        (2, "bob", True),
        (4, "ann", False),
        (7, "bob", False),
        (9, "ann", True),
    ):
        clock.now = now
        record.tell(who, is_degraded=is_degraded)
    assert record.is_degraded
    assert record.figures(0, 12).degraded_seconds == 6 + 3
    assert record.figures(6, 10).degraded_seconds == 1 + 1


def test_a_request_belongs_to_the_part_in_which_it_began_and_errors_of_the_server_are_no_answers() -> None:
    record = Record()
    for at, status in ((1.0, 200), (1.5, 404), (2.0, 503), (2.5, 0), (2.9, 429)):
        record.note(Sample(at=at, seconds=at / 10, status=status))
    first, second = record.figures(0, 2), record.figures(2, 3)
    assert (first.requests, first.answered, first.slowest_seconds) == (2, 2, 0.15)
    assert (second.requests, second.answered) == (3, 1)
    assert complaints({"first": first, "second": second}, record) == ["2 requests got no answer, or an error."]


def test_questions_wait_until_they_are_answered_once() -> None:
    clock = Clock(0.0)
    record = Record(clock=clock)
    record.asked(7)
    clock.pass_by(4)
    record.replied(7)
    record.replied(7)
    record.asked(8)
    assert (record.questions, record.waits, record.unanswered) == (2, [4.0], 1)


def test_the_outcome_is_told_in_a_table_and_sentences() -> None:
    clock = Clock(0.0)
    record = Record(clock=clock)
    record.note(Sample(at=0.5, seconds=0.0411, status=200))
    record.asked(7)
    record.tell("ann", is_degraded=True)
    record.read("It is down.")
    clock.pass_by(2)
    parts = {"during": record.figures(0, 2)}
    outcome = Outcome(parts=parts, record=record, complaints=complaints(parts, record))
    assert list(told(outcome)) == [
        "           seconds  requests  answered   slowest  degraded",
        "during         2.0         1         1     41 ms     2.0 s",
        "",
        "The assistant was asked 1 times and answered 0 times.",
        "Users read 1 times: It is down.",
        "Not held: The site was still degraded at the end.",
        "Not held: 1 questions to the assistant were not answered.",
    ]


def test_a_drill_in_which_all_held_says_so() -> None:
    lines = list(told(Outcome(parts={}, record=Record(), complaints=[])))
    assert lines[-2:] == ["Users read nothing of it.", "Held: everybody was answered, and all is well again."]
