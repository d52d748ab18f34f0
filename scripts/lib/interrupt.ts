/** Ctrl-C and SIGTERM: clears away, says what was measured, and exits with 130. A second one does not wait. */
export function onInterrupt(work: () => Promise<void>): void {
  let interrupted = false;
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.on(name, () => {
      if (interrupted) process.exit(130);
      interrupted = true;
      void work().finally(() => process.exit(130));
    });
}
