"""What tests of the tables share."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from django.db import transaction


@pytest.fixture(scope="session")
def transactional_period() -> Callable[[], AbstractContextManager[None]]:
    """Return a block whose rows are gone after it: one for each example of a property."""

    @contextmanager
    def period() -> Iterator[None]:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)

    return period
