"""What Text-to-Speech lacks for the voices that settings name: pure, from its list of voices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from worker.adapters.google_http import AccessError
from worker.adapters.google_voice_choice import VoiceChoice, language_of, voice_of
from worker.lessons.language import LESSON_LANGUAGE
from worker.ports import Shortcoming

Voices = Mapping[str, frozenset[str]]
"""Every voice that the service has, and the languages that it speaks."""

LIST_VOICES = (
    'curl -H "Authorization: Bearer $(gcloud auth print-access-token)" '
    '-H "x-goog-user-project: $GCP_PROJECT_ID" '
    "'https://texttospeech.googleapis.com/v1/voices?languageCode={language}'"
)
"""No gcloud command lists them."""

NO_NARRATION = "no lesson can be narrated"


def lacks_of_voices(choice: VoiceChoice, present: Voices) -> Sequence[Shortcoming]:
    """Hold every voice that is named against those that there are."""
    found = [lack for name in choice.names for lack in _lacks_of(name, choice, present)]
    if voice_of(LESSON_LANGUAGE, choice.names) is None:
        said = f"no voice is named for {LESSON_LANGUAGE!r}, the language of lessons"
        found.append(_lack(said, _another(LESSON_LANGUAGE)))
    return found


def not_let_in(error: AccessError) -> Shortcoming:
    """Say how the worker's account comes to use the service."""
    return Shortcoming(
        variable="WORKER_VOICE",
        message=error.message,
        consequence=NO_NARRATION,
        mend="gcloud services enable texttospeech.googleapis.com --project=$GCP_PROJECT_ID, and: "
        "gcloud projects add-iam-policy-binding $GCP_PROJECT_ID "
        "--member=serviceAccount:WORKER_ACCOUNT "
        "--role=roles/serviceusage.serviceUsageConsumer",
    )


def _lacks_of(name: str, choice: VoiceChoice, present: Voices) -> Iterator[Shortcoming]:
    language, speaking = language_of(name), choice.settled(name, present)
    if speaking is None:
        also = ", nor an alternative to it" if choice.alternatives else ""
        said = f"Text-to-Speech has no voice {name}{also}"
        yield _lack(said, f"{_another(language)}, or an alternative in WORKER_VOICE_ALTERNATIVES")
        return
    if speaking != name:
        yield _lack(
            f"Text-to-Speech has no voice {name}",
            _another(language),
            consequence=f"{speaking} speaks instead, as WORKER_VOICE_ALTERNATIVES says",
            is_error=False,
        )
    if language_of(speaking) not in present[speaking]:
        spoken = ", ".join(sorted(present[speaking])) or "no language"
        yield _lack(
            f"voice {speaking} speaks {spoken}, not {language_of(speaking)}", _another(language)
        )


def _another(language: str) -> str:
    lines = LIST_VOICES.format(language=language)
    return f"name a voice in WORKER_VOICE_NAMES that is listed by: {lines}"


def _lack(
    message: str, mend: str, *, consequence: str = NO_NARRATION, is_error: bool = True
) -> Shortcoming:
    return Shortcoming("WORKER_VOICE_NAMES", message, consequence, mend, is_error)
