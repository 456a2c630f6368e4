import { uptime } from 'node:os';
import type { FileSystem } from './file-system.ts';

/** Names this run of the operating system: what was not synced survives a crash of the program, not another boot. */
export async function readBootId(files: FileSystem): Promise<string> {
  try {
    return (await files.readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  } catch {
    // No such file outside Linux: the time of the boot, coarse enough for a clock that is set.
    return `boot-${Math.round((Date.now() / 1_000 - uptime()) / 60)}`;
  }
}
