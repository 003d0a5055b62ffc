# The worker as a Cloud Run Job or worker pool: the voice is inside, the embedded servers are not.
ARG BASE=python:3.11-slim

FROM ${BASE} AS build
ARG UV_VERSION=0.13.9
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
RUN python3 -m venv /opt/uv && /opt/uv/bin/pip install --no-cache-dir "uv==${UV_VERSION}"
WORKDIR /src
COPY locks/runtime.lock locks/
RUN /opt/uv/bin/uv venv /opt/worker \
 && /opt/uv/bin/uv pip install --no-cache --python /opt/worker/bin/python \
      --require-hashes -r locks/runtime.lock
COPY pyproject.toml README.md ./
COPY schema_checks schema_checks
COPY worker worker
RUN /opt/uv/bin/uv pip install --no-cache --no-deps --python /opt/worker/bin/python .

FROM ${BASE}
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin worker
COPY --from=build /opt/worker /opt/worker
ENV PATH=/opt/worker/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    WORKER_LOG_FORMAT=json \
    WORKER_HEALTH_HOST=0.0.0.0
USER 10001
WORKDIR /tmp
ENTRYPOINT ["python", "-m", "worker"]
