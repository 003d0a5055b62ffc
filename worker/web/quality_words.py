"""Every row of the lesson rules in a teacher's words, and what it means when one fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class RowWords(NamedTuple):
    """A row's name on the page, and what its failing means for the student."""

    title: str
    meaning: str


KINDS: Mapping[str, Mapping[str, RowWords]] = {
    "Words": {
        "scene-count": RowWords("Number of parts", "The lesson has too few parts, or too many."),
        "scene-titles": RowWords("Titles of parts", "A part cannot be found by its title."),
        "readability": RowWords("Reading level", "Sentences are too hard for the grade."),
        "new-terms": RowWords("New words in one part", "Too many new words come at once."),
        "interest-share": RowWords(
            "Talk about the interest", "The interest takes room from what is to be learned."
        ),
        "second-person": RowWords("Speaks to the student", "The student is hardly spoken to."),
        "coherence": RowWords("Keeps to its subject", "A sentence leads away from the subject."),
        "opening-question": RowWords(
            "Begins with a question", "Nothing makes the student curious at the start."
        ),
        "closing-question": RowWords(
            'Ends with "can you now"', "The student is not asked what they can do now."
        ),
        "provenance": RowWords(
            "Facts have sources", "A fact is told without saying where it comes from."
        ),
        "spoken-text": RowWords("Can be read aloud", "The voice stumbles over a sign or address."),
        "audio-description": RowWords(
            "Pictures are put in words", "Who only listens misses a part of a picture."
        ),
    },
    "Words on the screen": {
        "bullet-words": RowWords("Length of bullets", "A bullet is too long to take in at once."),
        "bullet-trigrams": RowWords(
            "Bullets say it differently", "The screen repeats what is being spoken."
        ),
        "bullet-sentence": RowWords(
            "Bullets belong to what is said", "A bullet shows what is not spoken about."
        ),
    },
    "Pace": {
        "length": RowWords("Length", "The lesson is much longer or shorter than was asked for."),
        "length-bounds": RowWords("Shortest and longest lesson", "No lesson should last so long."),
        "scene-seconds": RowWords("Length of each part", "A part is too short, or drags on."),
        "speech-rate": RowWords("Speed of speaking", "The voice is too fast for the grade."),
        "terms-early": RowWords("New words come first", "A new word is explained too late."),
        "prediction": RowWords("Time to guess", "The answer comes before anyone can guess."),
        "retrieval-practice": RowWords("Time to answer", "Too little time to answer a question."),
        "word-times": RowWords("Order of spoken words", "The transcript loses its place."),
    },
    "Pictures": {
        "bullet-cues": RowWords("Bullets come on time", "A bullet comes too early or too late."),
        "part-cues": RowWords(
            "Parts of pictures come on time", "Part of a picture comes too early or too late."
        ),
        "signalling": RowWords("Shows what it speaks about", "The wrong thing is highlighted."),
        "clipping": RowWords("Text stays in the picture", "Some text is cut off."),
        "overlap": RowWords("Texts keep apart", "Two texts cover each other."),
        "caption-zone": RowWords("Room for captions", "Captions cover something."),
        "text-size": RowWords("Size of text", "Some text is too small to read from the back."),
        "flashes": RowWords("No flashing", "It flashes: that can cause seizures."),
        "scene-frames": RowWords("Pictures last as long as words", "Sound and pictures drift."),
        "glyphs": RowWords("Every letter can be drawn", "A letter is missing on the screen."),
        "attribution": RowWords("Sources are credited", "The last picture leaves a source out."),
        "contrast": RowWords("Contrast of text", "Some text is hard to see on its background."),
    },
    "Captions": {
        "caption-line": RowWords("Length of lines", "A line is too long for small screens."),
        "caption-lines": RowWords("Number of lines", "Captions cover too much of the picture."),
        "caption-seconds": RowWords("Time to read", "A caption goes too fast, or stays too long."),
        "caption-speed": RowWords("Reading speed", "Captions are too fast for the grade."),
        "caption-words": RowWords("Same words as spoken", "Captions say something else."),
        "caption-timing": RowWords("In time with the voice", "Captions do not follow the voice."),
    },
    "Sound": {
        "loudness": RowWords("Loudness", "It is louder or softer than other lessons."),
        "true-peak": RowWords("Loudest moment", "The sound may crackle on some speakers."),
        "answer-silence": RowWords("Silence to think", "It is not quiet while students think."),
        "no-music": RowWords("No sound behind pauses", "Something sounds where nobody speaks."),
        "drift": RowWords("Sound begins with each part", "Sound and words come apart."),
    },
    "Files": {
        "durations": RowWords("Sound and pictures end together", "One ends before the other."),
        "chapters": RowWords("Parts can be jumped to", "A part cannot be chosen in the player."),
        "bt709": RowWords("Colours are declared", "Some screens show wrong colours."),
        "faststart": RowWords("Plays while it loads", "The video starts only once it is loaded."),
        "same-bytes": RowWords("Made twice, the same", "Making it again gives another lesson."),
    },
}
"""By kind and by the row's name in the report."""
