/** npm passes on what the terminal has sent to both of us: one Ctrl-C comes twice. */
const SAME_MS = 1_000;

/** Ctrl-C and SIGTERM: clears away, says what was measured, and exits with 130. A second one does not wait. */
export function onInterrupt(work: () => Promise<void>): void {
  let since: number | undefined;
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.on(name, () => {
      if (since === undefined) {
        since = performance.now();
        void work().finally(() => process.exit(130));
      } else if (performance.now() - since > SAME_MS) process.exit(130);
    });
}
