import { VersionMismatchError } from "./errors.ts";

/** Has whoever decides seen the version that is stored? @throws VersionMismatchError */
export function checkVersion({ version }: { version: number }, expected: number | undefined): void {
  if (expected !== undefined && expected !== version) throw new VersionMismatchError(expected, version);
}
