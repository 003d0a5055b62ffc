"""Measures the offline voice's own speaking rate over the bundled curriculum.

    python benchmarks/measure_voice.py

The figure is `OWN_WORDS_PER_MINUTE` of `worker/adapters/hibari_voice.py`: words by the minute of
speech, pauses between sentences left out. The last line is JSON.
"""

from __future__ import annotations

import asyncio
import json

from worker.adapters.curriculum_writer import CurriculumWriter
from worker.adapters.hibari_voice import OWN_WORDS_PER_MINUTE, HibariVoice
from worker.curriculum.reader import load_curriculum


async def measure() -> None:
    """Speak a standard lesson of every topic at the voice's own pace."""
    curriculum = load_curriculum()
    writer = CurriculumWriter(curriculum)
    voice = HibariVoice()
    words, seconds = 0, 0.0
    for topic in curriculum.topics:
        storyboard = writer.write(topic.id, topic.grades[1], None, 90)
        for scene in storyboard.scenes:
            for sentence in scene.sentences:
                spoken = await voice.speak(sentence.text, OWN_WORDS_PER_MINUTE)
                words += len(spoken.words)
                seconds += spoken.seconds
    await voice.close()
    rate = round(words / seconds * 60, 1)
    print(f"{words} words in {seconds:.0f} s")
    print(json.dumps({"words": words, "seconds": round(seconds, 1), "words_per_minute": rate}))


if __name__ == "__main__":
    asyncio.run(measure())
