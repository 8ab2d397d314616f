# One file for every image: docker build --build-arg SERVICE=gateway -t modelbourse/gateway:0.1.0 .
# SERVICE: gateway, training, inference, marketplace, monitoring, or ray (Ray's head and workers). docs/guides/images.md tells the rest.
# BASE is Debian 12, whose Python 3.11 is patched as long as Debian is; name it by its digest where builds must repeat.
ARG BASE=docker.io/library/debian:bookworm-slim

FROM ${BASE} AS build
# Debian has one version of each in a release, and replaces it by its patched one: a version that is named here would be gone soon.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends binutils ca-certificates python3.11-venv && apt-get clean && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY constraints.txt data-requirements.txt backbone-requirements.txt pyproject.toml README.md LICENSE ./
COPY libs/client/pyproject.toml libs/client/
COPY deploy/__init__.py deploy/
COPY deploy/images/ deploy/images/
# The installer is held to its hash too, and does not get into the image.
RUN python3.11 -m venv /opt/installer && python3.11 -m venv --without-pip /opt/modelbourse \
    && grep -E '^(pip|setuptools)==' constraints.txt > /tmp/installer.txt \
    && /opt/installer/bin/python -m pip install --no-cache-dir --no-deps --require-hashes -r /tmp/installer.txt
ARG SERVICE
# Where torch for CPUs comes from, for the images that hold it; empty where pip is told of a folder that has it.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN /opt/installer/bin/python -m deploy.images.assemble packages "${SERVICE}" "${TORCH_INDEX}"
# Own code after what it stands on: a change of code makes these layers anew, and no other.
COPY CHANGELOG.md SECURITY.md ./
COPY docs/ docs/
COPY libs/ libs/
COPY services/ services/
RUN /opt/installer/bin/python -m deploy.images.assemble own "${SERVICE}"

FROM ${BASE}
# libgomp1 is LightGBM's; at 0.3 MB it is in all, so that this layer is one for all.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates libgomp1 python3.11 && apt-get clean && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 modelbourse \
    && useradd --uid 10001 --gid 10001 --no-log-init --no-create-home --home-dir /tmp --shell /usr/sbin/nologin modelbourse \
    # Login shells, as KubeRay starts Ray from one, set a PATH of their own.
    && echo "PATH=/opt/modelbourse/bin:\$PATH" > /etc/profile.d/modelbourse.sh
COPY --from=build /opt/modelbourse /opt/modelbourse
# The root is read-only: what programs like to write goes to /tmp, which is a mount of its own.
ENV PATH=/opt/modelbourse/bin:$PATH HOME=/tmp PROBE_DIR=/tmp/probes NUMBA_CACHE_DIR=/tmp/numba MPLCONFIGDIR=/tmp/matplotlib \
    PYTHONUNBUFFERED=1
ARG SERVICE
# In the image itself: all that the service imports is there, and is compiled now, as nothing can be kept at a start.
RUN --mount=type=bind,from=build,source=/src/deploy,target=/mnt/deploy \
    export PYTHONPATH=/mnt && python -m deploy.images.prove "${SERVICE}" \
    && python -m deploy.images.sbom "${SERVICE}" > /opt/modelbourse/sbom.cdx.json && rm -rf /tmp/*
WORKDIR /tmp
USER 10001:10001
ARG VERSION=0.1.0
ARG REVISION=unknown
ENV MODELBOURSE_REVISION=${REVISION}
LABEL org.opencontainers.image.title="modelbourse ${SERVICE}" \
      org.opencontainers.image.description="Modelbourse's ${SERVICE}, and nothing else of it" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.vendor="Modelbourse"
# A script of one `exec`: the service is process 1 and hears SIGTERM itself.
ENTRYPOINT ["/opt/modelbourse/bin/start"]
