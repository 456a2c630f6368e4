import { fromPromise, type PromiseActorLogic } from 'xstate';
import type { CompareExistingInput, CompareExistingOutput } from '../machines/download.io.ts';
import { FailureError } from '../machines/failures.ts';
import { gatherExpected } from './find-sidecar.ts';
import type { OpenExchanges } from './open-exchanges.ts';
import type { Ports } from './ports.ts';
import type { Turns } from './turns.ts';

/** Compares the file that stands at the target with the digests asked for; it is read, and left as it is. */
export function defineCompareExisting({
  source,
  storage,
  clock,
  checks,
  exchanges,
}: Ports & {
  checks: Turns;
  exchanges: OpenExchanges;
}): PromiseActorLogic<CompareExistingOutput, CompareExistingInput> {
  return fromPromise(async ({ input: { path, ...wanted }, signal }) => {
    // The file stays: nobody takes the answer of the probe that named it, and a host may serve one connection only.
    exchanges.cancelAll();
    const { all, isMissing } = await gatherExpected(wanted, { source, clock }, signal);
    if (all.length === 0) return { digests: {}, verified: [], isMissing };
    const algorithms = [...new Set(all.map(({ algorithm }) => algorithm))];
    const digests = await checks.take(signal, () => storage.digestTarget(algorithms, signal));
    const wrong = all.find(({ algorithm, hex }) => digests[algorithm] !== hex.toLowerCase());
    if (!wrong) return { digests, verified: algorithms, isMissing };
    throw new FailureError({
      code: 'digest-mismatch',
      message: `${path} was there already, and its ${wrong.algorithm} is ${digests[wrong.algorithm]}, where ${wrong.hex} was expected. Nothing was fetched, and the file was left as it is; to fetch it anew, use --if-exists overwrite or rename.`,
      path,
    });
  });
}
