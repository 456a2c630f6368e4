import { uptime } from 'node:os';
import type { FileSystem } from './file-system.ts';

/** What a boot id begins with that is worked out from a clock: it changes when that is set. */
const COMPUTED = 'booted-at-';

/** Names this run of the operating system: what was not synced survives a crash of the program, not another boot. */
export async function readBootId(files: FileSystem): Promise<string> {
  try {
    return (await files.readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  } catch {
    // No such file outside Linux: the time of the boot, coarse enough for a clock that is set.
    return `${COMPUTED}${Math.round((Date.now() / 1_000 - uptime()) / 60)}`;
  }
}

/** Two different ones prove that the system has been booted in between. */
export function areProof(...ids: readonly string[]): boolean {
  return !ids.some((id) => id.startsWith(COMPUTED));
}
