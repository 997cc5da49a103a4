# syntax=docker/dockerfile:1
# The HTTP control plane: REST, OpenAPI, health, Bull Board.
# Built from the root of the repository: docker build -f infra/docker/api.Dockerfile -t phi-api .

# The full image: what is fetched here needs the system's certificates. Nothing of it is shipped but /deployed.
FROM node:20-bookworm AS build
WORKDIR /repo
COPY . .
RUN --mount=type=cache,id=phi-pnpm,target=/root/.local/share/pnpm/store \
    infra/docker/deploy-service.sh api /deployed

FROM node:20-bookworm-slim
LABEL org.opencontainers.image.title="phi-api" \
      org.opencontainers.image.description="API of Phi: jobs, executions, runs, health, queues" \
      org.opencontainers.image.licenses="MIT"
RUN install --directory --owner=node --group=node /var/lib/phi
# In a container the loopback interface is reachable by nobody else.
ENV NODE_ENV=production PHI_DATA_DIR=/var/lib/phi PHI_API_HOST=0.0.0.0 PHI_API_PORT=8080
WORKDIR /app
COPY --from=build /deployed .
# "node" by its number, so that Kubernetes can see that it is not root.
USER 1000:1000
VOLUME /var/lib/phi
EXPOSE 8080
# No init beside it: it handles SIGTERM and SIGINT itself and starts no processes that would have to be reaped.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["node", "-e", \
  "fetch(`http://127.0.0.1:${process.env.PHI_API_PORT}/health/ready`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "dist/main.js"]
