import type { Checkpoint } from './checkpoint.ts';
import type { IfExists } from './options.ts';

/** The state folder of a target has its name with this behind it. */
export const STATE_SUFFIX = '.multidown';

export interface ClaimRequest {
  /** As the user gave it: a file, or a folder if it is one or ends in a slash; null for the working folder. */
  readonly output: string | null;
  /** The server's idea of a name, once there is one. Used when `output` is a folder or null. */
  readonly suggestedName: string | null;
  /** The redacted URL: a partial is ours when it is of the same one. */
  readonly url: string;
  /** Choose a numbered name, `a (1).iso`, if the target exists. */
  readonly rename: boolean;
  /** Forget a partial that is there. */
  readonly restart: boolean;
  /** What is to become of a file at the target: under `rename` and `ask` a partial may lie under a numbered name. */
  readonly ifExists?: IfExists;
}

export type Claim =
  /** Only the folder is known: the name must come from the server. Nothing is locked. */
  | { readonly kind: 'unnamed'; readonly directory: string }
  /** The target is ours (locked), or nothing of it exists yet. */
  | {
      readonly kind: 'fresh';
      readonly target: Target;
      /** What had arrived is lost: somebody has written to it between two runs, or put another file in its place. */
      readonly isLost?: boolean;
    }
  /** A partial of the same URL, locked, read and checked. */
  | {
      readonly kind: 'partial';
      readonly target: Target;
      readonly checkpoint: Checkpoint;
      /** The data was copied, or comes out of a backup: it is compared with the server's before it is believed. */
      readonly isCopy?: boolean;
    }
  /** A former run was cut off when the file of this URL had its final name already: there it stands, whole. Nothing is locked. */
  | { readonly kind: 'published'; readonly target: Target }
  /** A partial of another URL, locked, untouched. */
  | { readonly kind: 'foreign'; readonly target: Target; readonly url: string; readonly keptBytes: number };

export interface Target {
  /** Absolute path of the final file. */
  readonly path: string;
  /** Size of the file that stands at `path` now; null when there is none. */
  readonly existingSize: number | null;
}
