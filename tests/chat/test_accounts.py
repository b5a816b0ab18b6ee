"""Sign-up."""

import pytest

from apps.chat.exceptions import ConflictError, ForbiddenError, InvalidError
from apps.chat.models import User
from apps.chat.policy import chat
from apps.chat.services.accounts import sign_up
from tests.tuning.obeying import obeying

GOOD = "a good long passphrase"


def test_whoever_signs_up_can_sign_in(db: None) -> None:
    user = User.objects.get(pk=sign_up(username="zoe", password=GOOD))
    assert user.check_password(GOOD)
    assert user.is_active
    assert not user.is_staff


def test_a_taken_name_is_told(ann: User) -> None:
    with pytest.raises(ConflictError, match="taken"):
        sign_up(username="ann", password=GOOD)


@pytest.mark.parametrize(
    ("username", "password", "field"),
    [
        ("", GOOD, "username"),
        ("a b", GOOD, "username"),
        ("x" * 151, GOOD, "username"),
        ("a\x00", GOOD, "username"),
        ("zoe", "short", "password"),
        ("zoe", "password1", "password"),
    ],
)
def test_bad_values_are_refused_by_name(db: None, username: str, password: str, field: str) -> None:
    with pytest.raises(InvalidError) as refused:
        sign_up(username=username, password=password)
    assert refused.value.field == field
    assert not User.objects.exists()


def test_sign_up_can_be_closed(db: None) -> None:
    with obeying(chat, has_sign_up=False), pytest.raises(ForbiddenError):
        sign_up(username="zoe", password=GOOD)
