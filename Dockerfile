# The tags say which release line; for a build that can be repeated exactly, pin each by its digest, as in
# `FROM node:24-slim@sha256:…` (`docker buildx imagetools inspect node:24-slim` shows it).

FROM node:24-slim AS page
WORKDIR /src/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
COPY frontend/packages/client/package.json packages/client/
COPY frontend/packages/wire-types/package.json packages/wire-types/
RUN --mount=type=cache,target=/root/.npm npm ci
COPY frontend/ ./
RUN npm run build

FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml requirements.lock README.md LICENSE ./
COPY broker/ broker/
COPY --from=page /src/broker/static/ broker/static/
# wheels only: this stage has no compiler either
RUN --mount=type=cache,target=/root/.cache/pip \
    pip wheel --no-deps --wheel-dir dist . \
    && python -m venv --without-pip /opt/broker \
    && pip --python /opt/broker install --only-binary :all: --constraint requirements.lock "$(echo dist/*.whl)[postgres,redis]" \
    # the root file system is read-only, and files copied between stages may change their times
    && python -m compileall -q -f --invalidation-mode unchecked-hash /opt/broker/lib

FROM python:3.11-slim
LABEL org.opencontainers.image.title="presigned-url-broker" \
      org.opencontainers.image.description="Issues short-lived presigned URLs, so that files travel directly between the client and object storage." \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 broker \
    && useradd --uid 10001 --gid broker --no-create-home --home-dir /data --shell /usr/sbin/nologin broker \
    && install --directory --owner broker --group broker --mode 0700 /data
COPY --from=build /opt/broker/ /opt/broker/
ENV PATH=/opt/broker/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /data
EXPOSE 8000
ENTRYPOINT ["broker"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
