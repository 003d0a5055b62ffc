import pytest

from worker.curriculum.models import Curriculum
from worker.curriculum.reader import load_curriculum


@pytest.fixture(scope="session")
def curriculum() -> Curriculum:
    return load_curriculum()
