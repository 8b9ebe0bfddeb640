# The production service: no embedded part, no development dependency. TypeScript runs unbuilt, so there is no build.
FROM node:24-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No package of the service needs an install script.
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY package.json ./
COPY migrations ./migrations
# Served as the pages of the error codes.
COPY docs/errors ./docs/errors
COPY src ./src
# By number, so that an orchestrator can see that it is not root.
USER 1000:1000
EXPOSE 8080 8081
# The admin listener keeps to 127.0.0.1 unless ADMIN_HOST opens it to the probes and scrapers of the private network.
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.ADMIN_PORT || 8081}/livez`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# node itself, no shell or npm between: as PID 1 it hears SIGTERM and shuts down in order, in up to DRAIN_S + 35 seconds.
CMD ["node", "src/main.ts"]
