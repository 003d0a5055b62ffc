"""How the properties are searched: the same examples in every run, and never against a clock."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("project", deadline=None, derandomize=True, max_examples=50)
# To look for new counterexamples by hand: HYPOTHESIS_PROFILE=explore pytest tests/unit
settings.register_profile("explore", deadline=None, max_examples=3000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "project"))
