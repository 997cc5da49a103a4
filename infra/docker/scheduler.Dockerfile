# syntax=docker/dockerfile:1
# The scheduler: any number of replicas. Where triggers wait for files, mount the executors' PHI_SOURCE_DIR, read-only.
# Built from the root of the repository: docker build -f infra/docker/scheduler.Dockerfile -t phi-scheduler .

# The full image: what is fetched here needs the system's certificates. Nothing of it is shipped but /deployed.
FROM node:20-bookworm AS build
WORKDIR /repo
COPY . .
RUN --mount=type=cache,id=phi-pnpm,target=/root/.local/share/pnpm/store \
    infra/docker/deploy-service.sh scheduler /deployed

FROM node:20-bookworm-slim
LABEL org.opencontainers.image.title="phi-scheduler" \
      org.opencontainers.image.description="Scheduler of Phi: fire times, retries, waiting dependents" \
      org.opencontainers.image.licenses="MIT"
RUN install --directory --owner=node --group=node /var/lib/phi
ENV NODE_ENV=production PHI_DATA_DIR=/var/lib/phi
WORKDIR /app
COPY --from=build /deployed .
COPY infra/docker/process-check.sh /usr/local/bin/process-check
# "node" by its number, so that Kubernetes can see that it is not root.
USER 1000:1000
# What it saw of Redis, by which a loss of data is noticed.
VOLUME /var/lib/phi
# No init beside it: it handles SIGTERM and SIGINT itself and starts no processes that would have to be reaped.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["process-check"]
CMD ["node", "--enable-source-maps", "dist/main.js"]
