# The product in a container: docker build -t bensync . ; docker run --read-only --tmpfs /tmp \
#   -v bensync:/var/lib/bensync -v ./bensync.toml:/etc/bensync/bensync.toml:ro bensync
# Everything that changes lies in /var/lib/bensync: the database and the GnuPG home, which gpg must be able to write to.

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY requirements/build.txt requirements/runtime.txt requirements/
RUN python -m venv /opt/bensync \
 && /opt/bensync/bin/python -m pip install --require-hashes --only-binary=:all: -r requirements/runtime.txt \
 && python -m pip install --require-hashes --only-binary=:all: -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN python -m pip wheel --no-index --no-deps --no-build-isolation --wheel-dir dist . \
 && /opt/bensync/bin/python -m pip install --no-index --no-deps dist/*.whl \
 && /opt/bensync/bin/python -m pip uninstall --yes pip

FROM python:3.13-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends gnupg \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --home-dir /var/lib/bensync --shell /usr/sbin/nologin bensync \
 && install -d -o bensync -g bensync -m 700 /var/lib/bensync /var/lib/bensync/gnupg
COPY --from=build /opt/bensync /opt/bensync
ENV PATH=/opt/bensync/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    GNUPGHOME=/var/lib/bensync/gnupg \
    BENSYNC_CONFIG=/etc/bensync/bensync.toml
VOLUME ["/var/lib/bensync"]
WORKDIR /var/lib/bensync
USER 10001:10001
HEALTHCHECK --interval=60s --timeout=20s --start-period=30s CMD ["bensync", "daemon", "--ping"]
ENTRYPOINT ["bensync"]
CMD ["daemon"]
