# syntax=docker/dockerfile:1
# An executor: as many as the work needs. All of them must see the same PHI_DATA_DIR.
# Built from the root of the repository: docker build -f infra/docker/executor.Dockerfile -t phi-executor .

# The full image: what is fetched here needs the system's certificates. Nothing of it is shipped but /deployed.
FROM node:20-bookworm AS build
WORKDIR /repo
COPY . .
RUN --mount=type=cache,id=phi-pnpm,target=/root/.local/share/pnpm/store \
    infra/docker/deploy-service.sh executor /deployed

FROM node:20-bookworm-slim
LABEL org.opencontainers.image.title="phi-executor" \
      org.opencontainers.image.description="Executor of Phi: runs jobs in child processes" \
      org.opencontainers.image.licenses="MIT"
# Bodies run in child processes; what a killed body leaves behind falls to process 1, and Node.js does not reap
# what it did not start. tini does, and passes signals on.
# Not pinned: the distribution keeps only a package's current patch, so a pinned one vanishes.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && install --directory --owner=node --group=node /var/lib/phi
ENV NODE_ENV=production PHI_DATA_DIR=/var/lib/phi
WORKDIR /app
COPY --from=build /deployed .
COPY infra/docker/process-check.sh /usr/local/bin/process-check
# "node" by its number, so that Kubernetes can see that it is not root.
USER 1000:1000
VOLUME /var/lib/phi
# Drains: no new work, what runs comes to its end. Give it 2 x GRACEFUL_TIMEOUT_SECONDS +
# FORCE_KILL_AFTER_SECONDS + 6 seconds before SIGKILL: 76 with the defaults.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["process-check"]
ENTRYPOINT ["tini", "--"]
CMD ["node", "--enable-source-maps", "dist/main.js"]
