"""The environment, parsed once into one frozen object; every fault in one report."""

from __future__ import annotations

from worker.settings.declaration import EMBEDDED_DEFAULTS, VARIABLES, Settings
from worker.settings.faults import SettingFault, SettingsError
from worker.settings.loading import load_settings
from worker.settings.table import settings_table

__all__ = [
    "EMBEDDED_DEFAULTS",
    "VARIABLES",
    "SettingFault",
    "Settings",
    "SettingsError",
    "load_settings",
    "settings_table",
]
