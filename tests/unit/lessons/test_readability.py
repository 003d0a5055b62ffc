"""The reading grade follows the published formula and spares a lesson's key terms."""

import pytest

from worker.lessons.readability import count_syllables, highest_reading_grade, reading_grade


@pytest.mark.parametrize(
    ("word", "syllables"),
    [
        ("force", 1), ("forces", 2), ("pushes", 2), ("moved", 1), ("wanted", 2), ("little", 2),
        ("table", 2), ("made", 1), ("science", 2), ("being", 2), ("idea", 3), ("area", 3),
        ("energy", 3), ("player", 2), ("reaction", 3), ("photosynthesis", 5), ("velocity", 4),
        ("acceleration", 5), ("equation", 3), ("people", 2), ("isn't", 2), ("don't", 1),
        ("twenty-five", 3), ("DNA", 3), ("Newton's", 2), ("organism", 4), ("movement", 2),
        ("the", 1), ("sphere", 1), ("quiet", 2), ("lighter.", 2),
    ],
)  # fmt: skip
def test_syllables_of_common_lesson_words(word: str, syllables: int) -> None:
    assert count_syllables(word) == syllables


def test_the_grade_is_flesch_and_kincaids() -> None:
    """Nine one-syllable words in two sentences: 0.39 x 4.5 + 11.8 x 1 - 15.59."""
    grade = reading_grade(["The cat sat on the mat.", "It was glad."])
    assert grade == pytest.approx(0.39 * 4.5 + 11.8 - 15.59)


def test_longer_sentences_and_longer_words_read_harder() -> None:
    easy = reading_grade(["A ball rolls.", "It stops."])
    long_sentence = reading_grade(["A ball rolls and then it stops."])
    long_words = reading_grade(["Acceleration diminishes.", "It terminates."])
    assert easy < long_sentence < long_words


def test_key_terms_are_exempt_in_the_plural_and_possessive_too() -> None:
    text = ["A parabola's vertex is low.", "Parabolas are bowls."]
    assert reading_grade(text, ["parabola", "vertex"]) < reading_grade(text)
    assert reading_grade(text, ["parabola"]) == pytest.approx(reading_grade(text, ["Parabola"]))


@pytest.mark.parametrize(
    ("grade", "highest"),
    [(1, 2.82), (2, 3.66), (3, 3.66), (4, 6.12), (6, 8.425), (8, 8.425), (10, 10.22), (12, 12.27)],
)
def test_each_grade_reads_up_to_the_middle_of_its_band(grade: int, highest: float) -> None:
    assert highest_reading_grade(grade) == pytest.approx(highest)


@pytest.mark.parametrize("grade", [0, 13])
def test_there_is_no_band_beyond_school(grade: int) -> None:
    with pytest.raises(ValueError, match="no reading band"):
        highest_reading_grade(grade)


def test_a_text_without_words_has_no_grade() -> None:
    with pytest.raises(ValueError, match="without words"):
        reading_grade(["?!"])
