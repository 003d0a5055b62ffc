"""What a person who waits is told about a request."""

from __future__ import annotations

from worker.lessons.stage import Status

STAGE_WORDS = {
    Status.PENDING: "Waiting for the worker",
    Status.VALIDATING: "Understanding the question",
    Status.RETRIEVING: "Finding sources",
    Status.GENERATING_SCRIPT: "Writing the storyboard",
    Status.NARRATING: "Speaking the narration",
    Status.GENERATING_VIDEO: "Drawing the scenes",
    Status.PROCESSING_VIDEO: "Publishing the lesson",
    Status.NOTIFYING: "Telling the platform",
}

ANSWER_WORDS = {
    Status.CLARIFICATION_NEEDED: "Which of these is meant?",
    Status.OUT_OF_SCOPE: "There is no lesson on that yet. These come nearest:",
    Status.UNSAFE: "There is no lesson on this.",
}
