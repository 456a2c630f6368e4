import type { Stats } from 'node:fs';
import type { Checkpoint } from '../../machines/checkpoint.ts';
import { FailureError } from '../../machines/failures.ts';
import { type Plan, writtenBytes } from '../../machines/ranges.ts';
import { readBootId } from './boot-id.ts';
import { type NotedCheckpoint, readCheckpoint } from './checkpoint-file.ts';
import { judgeData, type Standing } from './data-identity.ts';
import { orFail, orNull } from './disk-failures.ts';
import type { FileSystem } from './file-system.ts';
import { hasHoles } from './holes.ts';
import { readRest } from './rest-note.ts';
import type { Workspace } from './workspace.ts';

/** A partial, and what has become of its data since it was noted. */
export interface FoundPartial {
  readonly checkpoint: Checkpoint;
  readonly standing: Standing;
}

/**
 * What can be believed of a partial: a live note and what it says is written,
 * as long as the system has not been booted since; else the checkpoint and what
 * it says is durable; never more than the data file holds.
 *
 * @returns null when there is nothing to go on from
 * @throws FailureError `checkpoint-damaged`
 */
export async function loadPartial(files: FileSystem, workspace: Workspace): Promise<FoundPartial | null> {
  const checkpoint = await readCheckpoint(files, workspace.checkpoint);
  const bootId = await readBootId(files);
  const candidates = [checkpoint && believed(checkpoint, bootId)];
  for (const path of workspace.live) {
    const live = await readLive(files, path, checkpoint !== null);
    candidates.push(live?.bootId === bootId ? live : null);
  }
  const best = candidates
    .filter((candidate) => candidate !== null)
    .sort((a, b) => writtenBytes(b.checkpoint.plan) - writtenBytes(a.checkpoint.plan))[0];
  if (!best) return null;
  const found = await orFail(orNull(files.lstat(workspace.data)), 'looked at', workspace.data);
  const plan = clamp(best.checkpoint.plan, found?.size ?? 0);
  const standing = found === null ? 'same' : await standingOf(files, workspace, best, found);
  const isHollow = standing === 'copied' && found !== null && (await isTorn(files, workspace, plan, found));
  return { checkpoint: { ...best.checkpoint, plan }, standing: isHollow ? 'changed' : standing };
}

async function standingOf(
  files: FileSystem,
  workspace: Workspace,
  { data }: NotedCheckpoint,
  { ino: inode, size, mtimeMs: modifiedMs }: Stats,
): Promise<Standing> {
  const folder = await orFail(files.lstat(workspace.folder), 'looked at', workspace.folder);
  return judgeData(data ?? null, await readRest(files, workspace), { inode, folder: folder.ino, size, modifiedMs });
}

/** A copy was cut off, or left out what it should not have. */
async function isTorn(files: FileSystem, { folder }: Workspace, plan: Plan, found: Stats): Promise<boolean> {
  const { type = 0 } = (await files.statfs(folder).catch(() => null)) ?? {};
  return hasHoles(found, writtenBytes(plan), type);
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

function believed(noted: NotedCheckpoint, bootId: string): NotedCheckpoint {
  const { checkpoint, bootId: written } = noted;
  if (written === bootId) return noted;
  const plan = checkpoint.plan.map((range) => ({ ...range, written: range.durable }));
  return { ...noted, checkpoint: { ...checkpoint, plan } };
}

function clamp(plan: Plan, held: number): Plan {
  return plan.map((range) => {
    const written = Math.max(range.start, Math.min(range.written, held));
    return { ...range, written, durable: Math.min(range.durable, written) };
  });
}
