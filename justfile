# The project's own commands. `just` alone lists them.

set shell := ["bash", "-euo", "pipefail", "-c"]
set positional-arguments

python := ".venv/bin/python"
lock_flags := "--universal --python-version 3.11.3 --generate-hashes --no-emit-index-url --custom-compile-command 'just lock' -q"

# List the recipes.
default:
    @just --list --unsorted

# Make or refresh .venv from the hashed lock (does nothing when it is up to date).
setup:
    @{{ if path_exists(".venv/.installed.lock") == "true" { "cmp -s locks/dev.lock .venv/.installed.lock || just _install" } else { "just _install" } }}

_install:
    uv venv --quiet --allow-existing --python '>=3.11.3' .venv
    uv pip install --quiet --compile-bytecode --python {{ python }} --require-hashes -r locks/dev.lock
    uv pip install --quiet --python {{ python }} --no-deps -e .
    cp locks/dev.lock .venv/.installed.lock

# Make one lesson on this machine, from a real message: `just demo "Explain photosynthesis" --grade 7`.
demo *ARGS: setup
    @if [ $# -eq 0 ]; then set -- "Explain Newton's third law" --grade 10 --interest basketball; fi; \
        exec {{ python }} -m worker demo "$@"

# Every linter, type check and test.
test: check unit

# Every linter, type check, and check of the deployment.
check: lint types deployable

# Ruff, the layer contracts, and the Dockerfile.
lint: setup
    {{ python }} -m ruff check .
    {{ python }} -m ruff format --check .
    .venv/bin/lint-imports --no-logo
    .venv/bin/hadolint Dockerfile

# mypy --strict, tests included.
types: setup
    {{ python }} -m mypy

# Models, the offline preflight and the manifests: what would stop a deployment.
deployable: setup
    {{ python }} -m schema_checks worker.adapters.database.models
    @set -a; . deploy/offline.env; set +a; {{ python }} -m worker preflight --offline
    @{{ python }} -m worker manifest check deploy/cloud-run-*.yaml

# The tests; arguments go to pytest.
unit *ARGS: setup
    {{ python }} -m pytest -n 2 --dist loadfile "$@"

# The same with branch coverage, which makes Python half as slow again.
coverage *ARGS: setup
    {{ python }} -m pytest -n 2 --dist loadfile --cov --cov-report=term "$@"

# Every scenario of the fault matrix, and docs/reliability.md from what was found; for some: -k.
faults *ARGS: setup
    rm -f .faults.jsonl
    FAULTS=all FAULT_RECORD="$PWD/.faults.jsonl" {{ python }} -m pytest -n 2 --dist loadfile tests/acceptance/faults --durations=10 "$@"
    @if [ $# -eq 0 ]; then {{ python }} -m tests.acceptance.faults.write_reliability .faults.jsonl; fi

# Several workers under faults that the seed draws; the same seed draws the same schedule.
soak MINUTES="10" SEED="1": setup
    SOAK_MINUTES={{ MINUTES }} SOAK_SEED={{ SEED }} {{ python }} -m pytest -s tests/acceptance/faults/test_soak.py

# Seconds per stage, and lesson seconds per wall second; the last line is JSON.
bench *ARGS: setup
    {{ python }} benchmarks/bench_lesson.py "$@"

# The schema check beside Alembic, at 10, 100 and 1000 tables; the last line is JSON.
bench-schema *ARGS: setup
    {{ python }} benchmarks/bench_schema.py "$@"

# Messages a second beside google-cloud-pubsub and gcloud-aio-pubsub; the last line is JSON.
bench-delivery *ARGS: setup
    {{ python }} -m benchmarks.bench_delivery "$@"

# Rendering beside plain MoviePy and beside libx264 alone (minutes); --full, --lengths; ends in JSON.
bench-render *ARGS: setup
    {{ python }} -m benchmarks.bench_render "$@"

# Storyboards and plans of all topics, held to every row that needs no sound; the last line is JSON.
bench-lessons *ARGS: setup
    {{ python }} -m benchmarks.bench_lessons "$@"

# What a lesson of each kind takes and costs (docs/scale.md); the last line is JSON.
bench-scale *ARGS: setup
    {{ python }} -m benchmarks.bench_scale "$@"

# Check settings, models, database, broker, buckets, voice and rendering; pull nothing.
preflight *ARGS: setup
    {{ python }} -m worker preflight "$@"

# Run the worker with the settings of the environment.
run *ARGS: setup
    {{ python }} -m worker run "$@"

# Bring the database of DATABASE_URL up to date.
migrate *ARGS: setup
    {{ python }} -m worker migrate "$@"

# Build the image, with Docker or with buildah; `--help` lists the options.
image *ARGS: setup
    @{{ python }} -m deploy.image.build "$@"

# Try the image sealed, make a lesson with it, judge its size and its start; the last line is JSON.
image-test *ARGS: setup
    @{{ python }} -m tests.image "$@"

# Write both locks anew from pyproject.toml.
lock:
    uv pip compile pyproject.toml --all-extras --group dev {{ lock_flags }} -o locks/dev.lock
    uv pip compile pyproject.toml --extra offline-voice {{ lock_flags }} -o locks/runtime.lock

# Draw the golden images and the documents' pictures anew; look at what changed before a commit.
golden: setup
    {{ python }} -m tests.golden.renew
