import { fromPromise, type PromiseActorLogic } from 'xstate';
import type { CompareExistingInput, CompareExistingOutput } from '../machines/download.io.ts';
import { FailureError } from '../machines/failures.ts';
import type { StoragePort } from './ports.ts';
import type { Turns } from './turns.ts';

/** Compares the file that stands at the target with the digests asked for; it is read, and left as it is. */
export function defineCompareExisting({
  storage,
  checks,
}: {
  storage: StoragePort;
  checks: Turns;
}): PromiseActorLogic<CompareExistingOutput, CompareExistingInput> {
  return fromPromise(async ({ input: { path, expected }, signal }) => {
    const algorithms = [...new Set(expected.map(({ algorithm }) => algorithm))];
    const digests = await checks.take(signal, () => storage.digestTarget(algorithms, signal));
    const wrong = expected.find(({ algorithm, hex }) => digests[algorithm] !== hex.toLowerCase());
    if (!wrong) return { digests, verified: algorithms };
    throw new FailureError({
      code: 'digest-mismatch',
      message: `${path} was there already, and its ${wrong.algorithm} is ${digests[wrong.algorithm]}, where ${wrong.hex} was expected. Nothing was fetched, and the file was left as it is; to fetch it anew, use --if-exists overwrite or rename.`,
      path,
    });
  });
}
