"""The manifests under deploy/ are clean, and each planted fault is named where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from worker.manifests.checks import check_manifest
from worker.manifests.pinning import compare_described, pin_image
from worker.manifests.reading import ManifestError, read_manifest

DEPLOY = Path(__file__).parents[3] / "deploy"
JOB = (DEPLOY / "cloud-run-job.yaml").read_text(encoding="utf-8")
POOL = (DEPLOY / "cloud-run-worker-pool.yaml").read_text(encoding="utf-8")
SWEEP = (DEPLOY / "cloud-run-sweep.yaml").read_text(encoding="utf-8")
DIGEST = "sha256:" + "a" * 64
ENVIRONMENT = """\
                - name: ENVIRONMENT
                  value: prod
"""
REFERENCE = """\
                  valueFrom:
                    secretKeyRef:
                      name: content-worker-database-url
                      key: "1"
"""


def _variable(name: str, value: str) -> str:
    return f"                - name: {name}\n                  value: {value}\n"


def _found(text: str) -> list[str]:
    return [
        f"{one.where}: {one.message}; {one.mend}" for one in check_manifest(read_manifest(text))
    ]


@pytest.mark.parametrize("text", [JOB, POOL, SWEEP])
def test_the_manifests_of_the_project_are_clean(text: str) -> None:
    assert _found(text) == []


def test_a_variable_that_opentelemetry_s_sdk_reads_is_no_misspelling() -> None:
    sampled = _variable("OTEL_TRACES_SAMPLER", "always_on") + _variable(
        "OTEL_EXPORTER_OTLP_ENDPOINT", "https://telemetry.googleapis.com"
    )
    assert _found(JOB.replace(ENVIRONMENT, ENVIRONMENT + sampled)) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name: PUBSUB_SUBSCRIPTION", "name: PUBSUB_SUBSCRIPTON", "PUBSUB_SUBSCRIPTION meant"),
        ("name: PUBSUB_TOPIC", "name: OTHER", "PUBSUB_TOPIC: not set"),
        ("@sha256:" + "0" * 64, ":latest", "not pinned by digest"),
        ("@sha256:" + "0" * 64, "", "not pinned by digest"),
        (REFERENCE, "                  value: postgresql://u:p@h/n\n", "DATABASE_URL is a secret"),
        ("memory: 4Gi", "memory: 512Mi", "536 MB are too little"),
        ("memory: 4Gi", "ephemeral: 4Gi", "cpu or memory is not set"),
        ("timeoutSeconds: 6300", "timeoutSeconds: 3600", "in the middle of a lesson"),
        ("          timeoutSeconds: 6300\n", "", "not set: Cloud Run kills a task"),
        ("value: prod", "value: production", "ENVIRONMENT"),
        ("name: ENVIRONMENT", "name: PUBSUB_TOPIC", "PUBSUB_TOPIC is set 2 times"),
        ("value: prod", "value: 7", "is no text"),
        ('key: "1"', "key: latest", "the latest version of a secret"),
        (
            "          serviceAccountName: content-worker@PROJECT.iam.gserviceaccount.com\n",
            "",
            "no service account is named",
        ),
        (
            ENVIRONMENT,
            ENVIRONMENT + _variable("OTEL_TRACE_SAMPLER", "always_on"),
            "is OTEL_TRACES_SAMPLER meant?",
        ),
        (
            ENVIRONMENT,
            ENVIRONMENT + _variable("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            "OTEL_EXPORTER_OTLP_PROTOCOL: ",
        ),
        (
            ENVIRONMENT,
            ENVIRONMENT + _variable("OTEL_EXPORTER_OTLP_HEADERS", "key=1"),
            "OTEL_EXPORTER_OTLP_HEADERS is a secret",
        ),
        (
            ENVIRONMENT,
            ENVIRONMENT + _variable("WORKER_SHUTDOWN_GRACE", "'30'"),
            "a drain of 30 s is cut off",
        ),
        (
            ENVIRONMENT,
            ENVIRONMENT + _variable("WORKER_RENDERS", "'4'"),
            "4 renders share 2 cores",
        ),
        (
            ENVIRONMENT,
            ENVIRONMENT + _variable("PUBSUB_EMULATOR_HOST", "localhost:1"),
            "would pull from an emulator",
        ),
        (
            ENVIRONMENT,
            ENVIRONMENT + _variable("WORKER_PROFILE", "embedded"),
            "the embedded profile",
        ),
    ],
)
def test_a_planted_fault_is_named(old: str, new: str, expected: str) -> None:
    assert old in JOB
    found = _found(JOB.replace(old, new, 1))
    assert any(expected in line for line in found), found


def test_a_secret_s_value_is_in_no_finding() -> None:
    planted = JOB.replace(REFERENCE, "                  value: mysql://u:pa55word@h/n\n")
    assert "pa55word" not in " ".join(_found(planted))


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("{", "line"),
        ("[]", "document"),
        (JOB.replace("kind: Job", "kind: Service"), "kind"),
        (JOB.replace("            - image", "            - {}\n            - image"), "containers"),
        (JOB.replace("memory: 4Gi", "memory: much"), "memory"),
        (JOB.replace("timeoutSeconds: 6300", "timeoutSeconds: 1h"), "timeoutSeconds"),
    ],
)
def test_what_is_no_manifest_is_refused_with_the_place(text: str, where: str) -> None:
    with pytest.raises(ManifestError) as raised:
        read_manifest(text)
    assert where in raised.value.where


@pytest.mark.parametrize("text", [JOB, POOL, SWEEP])
def test_pinning_changes_the_image_and_no_other_character(text: str) -> None:
    image = f"europe-docker.pkg.dev/school/content/worker@{DIGEST}"
    pinned = pin_image(text, image)
    assert read_manifest(pinned).image == image
    assert pinned.replace(image, read_manifest(text).image) == text


def test_an_image_without_a_digest_cannot_be_pinned() -> None:
    with pytest.raises(ManifestError, match="has no digest"):
        pin_image(JOB, "worker:1.2")


def test_what_runs_as_meant_differs_in_nothing() -> None:
    assert compare_described(read_manifest(JOB), read_manifest(JOB)) == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("0" * 64, "1" * 64, "is meant"),
        ("@sha256:" + "0" * 64, ":v2", "not pinned by digest"),
        ('cpu: "2"', 'cpu: "1"', "cpus is 1.0"),
        ("value: prod", "value: dev", "ENVIRONMENT has another value"),
        ("name: PUBSUB_TOPIC", "name: OTHER", "PUBSUB_TOPIC is not set"),
        ("name: PUBSUB_TOPIC", "name: OTHER", "OTHER is set, and the manifest does not"),
        ('key: "1"', 'key: "2"', "DATABASE_URL has another value"),
    ],
)
def test_a_difference_to_what_is_meant_is_named(old: str, new: str, expected: str) -> None:
    described = read_manifest(JOB.replace(old, new, 1))
    found = [one.message for one in compare_described(read_manifest(JOB), described)]
    assert any(expected in message for message in found), found
