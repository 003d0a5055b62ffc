"""What the offline voice keeps beyond the obligations of every voice."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from worker.adapters.hibari_voice import HibariVoice
from worker.lessons.errors import NarrationError

PACE = 150.0
SENTENCE = "When one object pushes a second object, the second one pushes back."


@pytest.fixture(scope="module")
async def voice() -> AsyncIterator[HibariVoice]:
    voice = HibariVoice()
    yield voice
    await voice.close()


async def test_a_voice_writes_nothing_anywhere(tmp_path: Path) -> None:
    """Its runtime would keep an id of the machine and telemetry to send, were it let."""
    code = (
        "import asyncio\n"
        "from worker.adapters.hibari_voice import HibariVoice\n"
        "async def speak():\n"
        "    voice = HibariVoice()\n"
        "    await voice.speak('One.', 150.0)\n"
        "    await voice.close()\n"
        "asyncio.run(speak())\n"
    )
    homes = dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_DATA_HOME"), str(tmp_path))
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ORT_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code), env=environ | homes, cwd=Path(__file__).parents[2]
    )
    assert await process.wait() == 0
    assert await asyncio.to_thread(os.listdir, tmp_path) == []


async def test_the_event_loop_goes_on_while_the_voice_speaks(voice: HibariVoice) -> None:
    speaking = asyncio.create_task(voice.speak(SENTENCE, PACE))
    turns = 0
    while not speaking.done():
        await asyncio.sleep(0.001)  # at 0 this loop would keep the interpreter from the voice
        turns += 1
    assert turns > 10
    assert (await speaking).words


async def test_a_sentence_longer_than_the_network_reads_is_refused_with_what_to_do(
    voice: HibariVoice,
) -> None:
    with pytest.raises(NarrationError, match=r"\d{3,} sounds, the voice reads 400") as caught:
        await voice.speak("the ground pushes back " * 60, PACE)
    assert caught.value.hint == "split the sentence"


async def test_a_number_takes_the_time_of_the_words_that_it_is_read_as(
    voice: HibariVoice,
) -> None:
    short = await voice.speak("It weighs 6 newtons.", PACE)
    long = await voice.speak("It weighs 6777 newtons.", PACE)
    seconds = [one.words[2].end - one.words[2].start for one in (short, long)]
    assert [one.words[2].text for one in (short, long)] == ["6", "6777"]
    assert seconds[1] > 3 * seconds[0]


async def test_a_voice_that_never_spoke_closes() -> None:
    await HibariVoice().close()


async def test_the_voice_gives_its_own_times(voice: HibariVoice) -> None:
    assert (await voice.speak(SENTENCE, PACE)).timing == "voice"
