/**
 * Stops the process as Ctrl-Z does outside raw mode: with everything that was
 * started together with it, so that the shell takes over. Returns when `fg` has
 * woken it; at once where no shell controls jobs.
 */
export function suspendProcess(): void {
  // A group of its own is what a job is; 0 names the caller's.
  process.kill(0, 'SIGTSTP');
}

/** Windows has no jobs to stop. */
export const canSuspend = process.platform !== 'win32';
