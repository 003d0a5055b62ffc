from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.embedded.broker_desk import Desk
from worker.embedded.pubsub.model import SubscriptionSettings


@pytest.fixture
def open_desk(tmp_path: Path) -> Iterator[Callable[[SubscriptionSettings], Desk]]:
    desks: list[Desk] = []

    def open_one(settings: SubscriptionSettings) -> Desk:
        desks.append(Desk(settings, tmp_path / f"{len(desks)}.sqlite3"))
        return desks[-1]

    yield open_one
    for desk in desks:
        desk.close()
