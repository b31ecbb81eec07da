# Builds everything, and lays out what runs.
# The version is the one that the lockfile brings and the tests run on; pin its digest too, for the platform you build for:
#   docker buildx imagetools inspect node:24.21.0-bookworm-slim
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY examples examples
COPY migrations migrations
COPY adapters adapters
COPY interactions interactions
COPY src src
RUN npm run build
# Production dependencies alone, and without the Node.js that the lockfile brings along: this image has its own.
RUN npm ci --omit=dev
RUN node -e "for (const name of Object.keys(require('./package.json').optionalDependencies)) fs.rmSync('node_modules/' + name, { recursive: true, force: true })"

# What runs: nothing in it belongs to the user who runs it, and nothing is written. See docs/operations/install.md.
FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json clients.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
# A number, so that Kubernetes sees that it is not root; no name, no home, no shell.
USER 10001:10001
EXPOSE 3000
STOPSIGNAL SIGTERM
# Ready, and not merely alive: whoever waits for it wants to send requests. A store that is away does not fail it.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --start-interval=1s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/src/cli.js"]
CMD ["serve"]
