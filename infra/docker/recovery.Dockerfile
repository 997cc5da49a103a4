# syntax=docker/dockerfile:1
# Recovery: takes back what a lost executor held, delivers again what nobody claimed.
# Built from the root of the repository: docker build -f infra/docker/recovery.Dockerfile -t phi-recovery .

# The full image: what is fetched here needs the system's certificates. Nothing of it is shipped but /deployed.
FROM node:20-bookworm AS build
WORKDIR /repo
COPY . .
RUN --mount=type=cache,id=phi-pnpm,target=/root/.local/share/pnpm/store \
    infra/docker/deploy-service.sh recovery /deployed

FROM node:20-bookworm-slim
LABEL org.opencontainers.image.title="phi-recovery" \
      org.opencontainers.image.description="Recovery manager of Phi: expired leases, unclaimed deliveries" \
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
