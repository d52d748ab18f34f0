/** What `docker-compose.yml` gives relay and consumers: what a drain throws away is collected in small pieces. */
export const NODE_OPTIONS_DEPLOYED = "--max-semi-space-size=4";
