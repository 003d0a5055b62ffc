"""The published JSON Schema of a message, made from the model that parses it.

``python -m worker.lessons.message_schema > docs/message.schema.json`` writes it anew.
"""

from __future__ import annotations

import json
import sys

from worker.lessons.request import RequestMessage


def message_schema() -> str:
    """Return the schema of a message's JSON data, as the file holds it."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(schema | RequestMessage.model_json_schema(), indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(message_schema())
