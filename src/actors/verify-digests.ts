import { fromPromise, type PromiseActorLogic } from 'xstate';
import type { VerifyDigestsInput } from '../machines/download.io.ts';
import { FailureError } from '../machines/failures.ts';
import type { StoragePort } from './ports.ts';

/** Compares the file's digests with those asked for; sets the data aside when one does not match. */
export function defineVerifyDigests({
  storage,
}: {
  storage: StoragePort;
}): PromiseActorLogic<Readonly<Record<string, string>>, VerifyDigestsInput> {
  return fromPromise(async ({ input: { expected, size }, signal }) => {
    const algorithms = [...new Set(expected.map((digest) => digest.algorithm))];
    const digests = await storage.digest(algorithms, size, signal);
    const wrong = expected.find(({ algorithm, hex }) => digests[algorithm] !== hex.toLowerCase());
    if (!wrong) return digests;
    const path = await storage.reject();
    throw new FailureError({
      code: 'digest-mismatch',
      message: `The file does not have the ${wrong.algorithm} digest that was asked for: it is ${digests[wrong.algorithm]}, not ${wrong.hex}. Nothing was published; the data was set aside as ${path}.`,
      path,
    });
  });
}
