import { fromPromise, type PromiseActorLogic } from 'xstate';
import type { VerifyDigestsInput, VerifyDigestsOutput } from '../machines/download.io.ts';
import { FailureError } from '../machines/failures.ts';
import type { DigestAlgorithm } from '../machines/options.ts';
import { changedFailure } from '../machines/response-rules.ts';
import { compareOverlaps } from './compare-overlaps.ts';
import { findSidecar } from './find-sidecar.ts';
import type { Ports } from './ports.ts';

/** Compares the file's digests with those asked for or promised; sets the data aside when one does not match. */
export function defineVerifyDigests({
  source,
  storage,
  clock,
}: Ports): PromiseActorLogic<VerifyDigestsOutput, VerifyDigestsInput> {
  return fromPromise(async ({ input: { expected, looksBeside, size, unproved, timeoutMs }, signal }) => {
    const beside = looksBeside ? await findSidecar(source, signal) : null;
    const all = beside ? [...expected, beside] : expected;
    if (all.length === 0 && unproved.length > 0) {
      const reason = await compareOverlaps({ source, storage, clock, pieces: unproved, timeoutMs, signal });
      if (reason !== null) throw new FailureError(changedFailure(reason));
    }
    const algorithms = new Set<DigestAlgorithm>(['sha256', ...all.map(({ algorithm }) => algorithm)]);
    const digests = await storage.digest([...algorithms], size, signal);
    const wrong = all.find(({ algorithm, hex }) => digests[algorithm] !== hex.toLowerCase());
    if (!wrong) {
      return {
        digests,
        verified: [...new Set(all.map(({ algorithm }) => algorithm))],
        isMissing: looksBeside && beside === null,
      };
    }
    const path = await storage.reject();
    throw new FailureError({
      code: 'digest-mismatch',
      message: `The file does not have the ${wrong.algorithm} digest that it should have: it is ${digests[wrong.algorithm]}, not ${wrong.hex}. Nothing was published; the data was set aside as ${path}.`,
      path,
    });
  });
}
