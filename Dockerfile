# syntax=docker/dockerfile:1
# One image for worker, API and command line. Debian, not Alpine: the Temporal SDK's core has no build for musl.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
# Packages first: they change less often than the sources, and the layer is kept.
COPY package.json package-lock.json ./
# Before 11.16 npm does not know package.json's allowScripts.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM ${NODE_IMAGE}
# The core verifies TLS (Temporal Cloud, mTLS) against the system's certificates, and the slim image has none.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/*
# glibc keeps an arena of freed memory per thread otherwise, and after the first large block that is freed all that is smaller: a worker in a
# burst of incidents grows by a tenth of each.
ENV NODE_ENV=production MALLOC_ARENA_MAX=2 MALLOC_TRIM_THRESHOLD_=131072
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/runbooks ./runbooks
# A volume that is mounted here takes over this owner.
RUN install -d -o 1000 -g 1000 -m 0750 /var/lib/hikeshi
# By number, so that Kubernetes' runAsNonRoot can tell (1000 is the image's own user "node").
USER 1000:1000
ENTRYPOINT ["node", "/app/dist/hikeshi.js"]
CMD ["--help"]
