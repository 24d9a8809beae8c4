# The image of Assay: no compiler, no development packages, its own user, all state in /data.
#
#   docker build -t assay .
#   docker run --read-only --tmpfs /tmp -v assay:/data -p 127.0.0.1:3000:3000 -e ALLOW_ANONYMOUS=true assay
#
# It listens on every interface of the container, so it starts only with API_KEYS (or API_KEYS_FILE), or with
# ALLOW_ANONYMOUS=true where only trusted callers reach its port.
# Build arguments: SETUP=faiss leaves the embedded models' weights (35 MB) out, for use with OPENAI_BASE_URL alone.

# Any Debian with Node 26 and npm to build in, and the same Debian without them to run in: the image needs no npm.
ARG BASE=docker.io/library/node:26-trixie-slim
ARG RUNTIME_BASE=docker.io/library/debian:trixie-slim

FROM ${BASE} AS build
WORKDIR /app
# What scripts/setup.mjs would install by itself; here it makes a layer that is kept between builds.
RUN apt-get update \
 && apt-get install -y --no-install-recommends g++ libfaiss-dev libopenblas-dev \
 && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit
COPY scripts/setup.mjs scripts/
COPY scripts/setup scripts/setup
COPY native native
COPY src/models/manifest.json src/models/
ARG SETUP=faiss,models
RUN mkdir -p .models && node scripts/setup.mjs --only=${SETUP}
# Leaves what runs: no development packages, other systems' copies of ONNX Runtime, typings, source maps or sources.
RUN npm prune --omit=dev --ignore-scripts --no-audit \
 && find node_modules/onnxruntime-node/bin/napi-v6 -mindepth 2 -maxdepth 2 ! -path "*/linux/$(node -p process.arch)" -exec rm -r {} + \
 && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' \) -delete \
 && rm -rf node_modules/openai/src node_modules/zod/src
# What the image is made of: every package with its version, licence and checksum.
RUN npm sbom --package-lock-only --omit dev --sbom-format cyclonedx > sbom.json
# Node's table of its own function names, a fifth of it, is for debuggers; what native addons link to stays.
RUN strip --strip-all -o node "$(command -v node)"

FROM ${RUNTIME_BASE}
# What Node and the FAISS binding are linked to, and a user for them.
RUN apt-get update \
 && apt-get install -y --no-install-recommends libatomic1 libgomp1 libopenblas0-pthread libstdc++6 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* \
 && useradd --uid 1000 --home-dir /data --shell /usr/sbin/nologin assay \
 && mkdir /data && chown assay:assay /data
WORKDIR /app
# ONNX Runtime reports its use to its makers unless told not to.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATA_DIR=/data ORT_DISABLE_TELEMETRY=1
COPY --from=build /app/node /usr/local/bin/node
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/.models .models
COPY --from=build /app/.setup/faiss.json .setup/
COPY --from=build /app/sbom.json ./
COPY package.json LICENSE ./
COPY scripts/setup scripts/setup
COPY prompts prompts
COPY corpus corpus
COPY src src
COPY packages/client/src packages/client/src
RUN find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum > SHA256SUMS
USER 1000:1000
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "src/cli.ts"]
CMD ["serve"]
