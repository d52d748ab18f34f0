# One image for every kind of node; SERVICES says which services a container runs.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# The image has its own Node 24: the `node` package's install script is not needed.
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY package.json moleculer.config.ts ./
COPY mixins mixins
COPY services services
COPY deploy deploy
ENV NODE_COMPILE_CACHE=/app/.compile-cache
RUN install -d -o node .compile-cache
USER node
# Compiled once, here, by the user who runs it (the cache is one for each): a start takes half the time, 25 MB less.
RUN ["node", "--disable-warning=ExperimentalWarning", "deploy/warm.mjs"]
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "deploy/node.mjs", "--health"]
# SIGTERM stops in order within 15 s.
CMD ["node", "--disable-warning=ExperimentalWarning", "deploy/node.mjs"]
