/** ESM on Node's own type stripping; globals are imported from @jest/globals. */
export default {
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  moduleFileExtensions: ["ts", "js", "mjs", "cjs", "json"],
  transform: { "\\.ts$": "<rootDir>/test/support/strip-types.cjs" },
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  maxWorkers: 2,
  testTimeout: 120_000,
};
