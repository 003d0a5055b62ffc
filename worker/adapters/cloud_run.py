"""Executing a Cloud Run Job, for `smoke`.

The call is `projects.locations.jobs.run` of the Cloud Run Admin API, version 2. It answers with an
operation whose metadata names the execution.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

import aiohttp

from worker.adapters.google_http import translated_http_errors

API_ROOT = "https://run.googleapis.com"
SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


class AccessToken(Protocol):
    """What `gcloud.aio.auth.Token` is to this module."""

    async def get(self) -> str | None:
        """Return a token that is valid now."""
        ...


@dataclass(frozen=True, slots=True)
class CloudRunJobs:
    """The Jobs of one project."""

    session: aiohttp.ClientSession
    project: str
    token: AccessToken
    api_root: str = API_ROOT
    call_seconds: float = 30.0

    async def execute(self, region: str, job: str) -> str:
        """Start one execution and return its name.

        Raises:
            DependencyUnavailableError: The service did not answer, or not now.
            AccessError: It refused: no such Job, or no right to run it.
        """
        name = f"projects/{self.project}/locations/{region}/jobs/{job}"
        with translated_http_errors(f"execute {name}", self.api_root):
            async with asyncio.timeout(self.call_seconds):
                headers = {"Authorization": f"Bearer {await self.token.get()}"}
                url = f"{self.api_root}/v2/{name}:run"
                async with self.session.post(url, json={}, headers=headers) as answer:
                    answer.raise_for_status()
                    operation = await answer.json(content_type=None)
        return str(operation.get("metadata", {}).get("name") or name)
