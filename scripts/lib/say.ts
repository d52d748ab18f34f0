/** What the commands say: one line a step; a failure is a sentence with its remedy, never a stack trace. */

/** Stops the command; shown as it is. */
export class StartError extends Error {
  constructor(reason: string, remedy: string) {
    super(`${reason}; remedy: ${remedy}.`);
    this.name = "StartError";
  }
}

export const say = (line: string): void => console.log(`• ${line}`);
export const warn = (line: string): void => console.log(`! ${line}`);
export const fail = (line: string): void => console.error(`✗ ${line}`);

export const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Runs `main`; whatever it throws becomes one line and exit code 1. */
export function run(main: () => Promise<void>): void {
  main().catch((error: unknown) => {
    fail(error instanceof Error ? error.message : String(error));
    process.exit(1);
  });
}
