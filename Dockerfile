# Two images. `docker build .` makes the last one, the service for production: no embedded part, no development
# dependency, no shell. `--target tools` adds what deploy/compose.yaml starts beside it: `pinecone-local`, the issuer for
# development, the built-in encoder and the command line. TypeScript runs unbuilt.
FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No package of the service needs an install script.
RUN npm ci --omit=dev --omit=optional --ignore-scripts

# Without maps, types and texts, which are half of their bytes.
FROM packages AS trimmed
RUN find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.md' \) -delete \
  && rm -rf node_modules/openai/src

FROM packages AS tools
ENV NODE_ENV=production
RUN npm ci --omit=dev --ignore-scripts
COPY migrations ./migrations
COPY docs/errors ./docs/errors
COPY src ./src
USER 1000:1000
CMD ["node", "src/pinecone-local/main.ts", "--host", "0.0.0.0", "--data", "/data"]

# The same sources without what serves development alone.
FROM tools AS sources
USER 0:0
RUN rm -rf src/dev.ts src/dev src/demo.ts src/demo src/pinecone-local

FROM node:24-bookworm-slim AS init
RUN apt-get update && apt-get install -y --no-install-recommends tini

# Of Debian the C library and certificates alone: no shell, no package manager.
FROM gcr.io/distroless/cc-debian12 AS service
COPY --from=init /usr/bin/tini-static /usr/local/bin/tini
COPY --from=packages /usr/local/bin/node /usr/local/bin/node
ENV NODE_ENV=production
WORKDIR /app
COPY --from=trimmed /app/node_modules ./node_modules
COPY package.json ./
COPY migrations ./migrations
# Served as the pages of the error codes.
COPY docs/errors ./docs/errors
COPY --from=sources /app/src ./src
# By number, so that an orchestrator can see that it is not root. Nothing is written to the file system.
USER 1000:1000
EXPOSE 8080 8081
# The admin listener keeps to 127.0.0.1 unless ADMIN_HOST opens it to the probes and scrapers of the private network.
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
  CMD ["/usr/local/bin/node", "-e", "fetch(`http://127.0.0.1:${process.env.ADMIN_PORT || 8081}/livez`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# tini is PID 1: it hands signals to node, and reaps what the readers of files leave. node shuts down in order on
# SIGTERM, in up to DRAIN_S + 35 seconds.
ENTRYPOINT ["/usr/local/bin/tini", "--"]
CMD ["/usr/local/bin/node", "src/main.ts"]
