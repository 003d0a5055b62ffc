# The worker as a Cloud Run Job or worker pool: the voice is inside, the embedded servers are not.
ARG BASE=python:3.11-slim

FROM ${BASE} AS build
ARG UV_VERSION=0.13.9
# Bytecode is bound to what a source holds, not to when it was written: builders rewrite times, and
# a worker on a read-only file system would compile everything anew at each start.
ENV PYC_INVALIDATION_MODE=UNCHECKED_HASH \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1 \
    UV_PYTHON_DOWNLOADS=never \
    UV_SYSTEM_CERTS=1
RUN python3 -m venv /opt/uv && /opt/uv/bin/pip install --no-cache-dir "uv==${UV_VERSION}"
WORKDIR /src
COPY locks/runtime.lock locks/
# Not needed to run: the program of MoviePy's own writer (165 MB; encoding here is PyAV's), and the
# tests that packages carry.
RUN /opt/uv/bin/uv venv /opt/worker \
 && /opt/uv/bin/uv pip install --python /opt/worker/bin/python \
      --require-hashes -r locks/runtime.lock \
 && rm /opt/worker/lib/python3*/site-packages/imageio_ffmpeg/binaries/ffmpeg-* \
 && find /opt/worker/lib -type d -name tests -prune -exec rm -r {} +
COPY pyproject.toml README.md ./
COPY schema_checks schema_checks
COPY worker worker
RUN /opt/uv/bin/uv pip install --no-deps --python /opt/worker/bin/python .

FROM ${BASE}
RUN echo 'worker:x:10001:10001::/tmp:/usr/sbin/nologin' >> /etc/passwd
COPY --from=build /opt/worker /opt/worker
ENV PATH=/opt/worker/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    WORKER_LOG_FORMAT=json \
    WORKER_HEALTH_HOST=0.0.0.0
USER 10001:10001
WORKDIR /tmp
ENTRYPOINT ["python", "-m", "worker"]
