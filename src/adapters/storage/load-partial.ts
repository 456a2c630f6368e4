import type { Checkpoint } from '../../machines/checkpoint.ts';
import { FailureError } from '../../machines/failures.ts';
import { type Plan, writtenBytes } from '../../machines/ranges.ts';
import { readBootId } from './boot-id.ts';
import { type NotedCheckpoint, readCheckpoint } from './checkpoint-file.ts';
import { orFail, orNull } from './disk-failures.ts';
import type { FileSystem } from './file-system.ts';
import type { Workspace } from './workspace.ts';

/**
 * What can be believed of a partial: a live note and what it says is written,
 * as long as the system has not been booted since; else the checkpoint and what
 * it says is durable; never more than the data file holds.
 *
 * @returns null when there is nothing to go on from
 * @throws FailureError `checkpoint-damaged`
 */
export async function loadPartial(files: FileSystem, workspace: Workspace): Promise<Checkpoint | null> {
  const checkpoint = await readCheckpoint(files, workspace.checkpoint);
  const bootId = await readBootId(files);
  const candidates = [checkpoint && believed(checkpoint, bootId)];
  for (const path of workspace.live) {
    const live = await readLive(files, path, checkpoint !== null);
    candidates.push(live?.bootId === bootId ? live.checkpoint : null);
  }
  const best = candidates
    .filter((candidate) => candidate !== null)
    .sort((a, b) => writtenBytes(b.plan) - writtenBytes(a.plan))[0];
  if (!best) return null;
  const held = (await orFail(orNull(files.lstat(workspace.data)), 'looked at', workspace.data))?.size ?? 0;
  return { ...best, plan: clamp(best.plan, held) };
}

/** A live note is a help: one that was torn by the kill is none, and one that cannot be read is not needed beside a checkpoint. */
async function readLive(files: FileSystem, path: string, isSpare: boolean): Promise<NotedCheckpoint | null> {
  try {
    return await readCheckpoint(files, path);
  } catch (error) {
    const isTorn = error instanceof FailureError && error.failure.code === 'checkpoint-damaged';
    if (isTorn || isSpare) return null;
    throw error;
  }
}

function believed({ checkpoint, bootId: written }: NotedCheckpoint, bootId: string): Checkpoint {
  if (written === bootId) return checkpoint;
  return { ...checkpoint, plan: checkpoint.plan.map((range) => ({ ...range, written: range.durable })) };
}

function clamp(plan: Plan, held: number): Plan {
  return plan.map((range) => {
    const written = Math.max(range.start, Math.min(range.written, held));
    return { ...range, written, durable: Math.min(range.durable, written) };
  });
}
