"""What a student likes, in the student's words."""

import pytest

from worker.curriculum.interests import match_interests
from worker.curriculum.models import Curriculum


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hoops", ["basketball"]),
        ("the NBA!", ["basketball"]),
        ("Basket-ball", ["basketball"]),
        ("basktball", ["basketball"]),
        ("Fortnite and Minecraft", ["video-games"]),
        ("playing piano", ["music"]),
        ("hip hop dance", ["dance"]),
        ("hip hop", ["music"]),
        ("american football", ["american-football"]),
        ("football", ["soccer"]),
        ("I draw anime and I swim", ["art", "swimming"]),
        ("my cat", ["animals"]),
        ("formula 1", ["cars"]),
    ],
)
def test_synonyms_and_misspellings_name_an_interest(
    text: str, expected: list[str], curriculum: Curriculum
) -> None:
    assert [interest.id for interest in match_interests(curriculum, text)] == expected


@pytest.mark.parametrize("text", [None, "", "stamps", "chess club", "board games", "party", "care"])
def test_unknown_interests_name_none(text: str | None, curriculum: Curriculum) -> None:
    assert match_interests(curriculum, text) == ()


def test_interests_keep_the_order_in_which_they_are_named(curriculum: Curriculum) -> None:
    found = match_interests(curriculum, "cooking, then space, then cooking again")
    assert [interest.id for interest in found] == ["cooking", "space"]
