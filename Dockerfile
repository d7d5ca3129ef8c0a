# The bot in a small image: built in one stage, run in another without compilers, as a user without rights.
FROM python:3.11-slim AS build
WORKDIR /src
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
COPY requirements.lock requirements-build.lock ./
RUN python -m venv /opt/wavehelm \
    && /opt/wavehelm/bin/pip install --require-hashes -r requirements.lock \
    && pip install --require-hashes -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY core core
COPY storage storage
COPY handlers handlers
COPY bot bot
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /dist . \
    && /opt/wavehelm/bin/pip install --no-deps /dist/*.whl

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin wavehelm \
    && install -d -o wavehelm -g wavehelm /data
COPY --from=build /opt/wavehelm /opt/wavehelm
COPY config.yaml /app/config.yaml
# Only /data and /tmp are written to, so that the root may be read-only.
ENV PATH=/opt/wavehelm/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MPLCONFIGDIR=/tmp/matplotlib \
    DATABASE_URL=sqlite:////data/wavehelm.db
WORKDIR /app
USER wavehelm
VOLUME /data
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/healthz', timeout=3)"]
ENTRYPOINT ["wavehelm"]
CMD ["run"]
