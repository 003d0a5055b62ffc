"""README's table of all variables."""

from __future__ import annotations

from pydantic.fields import FieldInfo

from worker.settings.declaration import Settings


def settings_table() -> str:
    """Return README's table of all variables; ``python -m worker.settings`` prints it."""
    rows = ["| variable | default | used for |", "| --- | --- | --- |"]
    rows += [
        f"| `{field.validation_alias}` | {_shown_default(field)} | {field.description} |"
        for field in Settings.model_fields.values()
    ]
    return "\n".join(rows) + "\n"


def _shown_default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default_factory is not None:
        return "by the machine"
    if field.default is None:
        return "none"
    if isinstance(field.default, tuple):
        return f"`{', '.join(field.default)}`" if field.default else "none"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    return f"`{field.default:g}`" if isinstance(field.default, float) else f"`{field.default}`"
