import type { InspectionEvent } from 'xstate';
import { FailureError } from '../../machines/failures.ts';
import { plainValue } from './plain-value.ts';

export interface StatelyOptions {
  readonly redact: (text: string) => string;
  readonly say: (text: string) => void;
}

export interface Stately {
  readonly inspect: (event: InspectionEvent) => void;
  close(): void;
}

/** What is used of `@statelyai/inspect`, which not everyone has. */
interface StatelyPackage {
  createSkyInspector(options: {
    readonly onerror: (error: Error) => void;
    readonly serialize: (event: unknown) => unknown;
  }): {
    readonly inspect: { next?(event: InspectionEvent): void } | ((event: InspectionEvent) => void);
    stop(): void;
  };
}

/**
 * Stately's own inspector, for those online: what is told goes through their
 * server, redacted. It prints its address itself.
 *
 * @throws FailureError `invalid-option` when the package is not installed
 */
export async function openStately({ redact, say }: StatelyOptions): Promise<Stately> {
  // Not to be found when this is built.
  const name: string = '@statelyai/inspect';
  let loaded: StatelyPackage;
  try {
    loaded = (await import(name)) as StatelyPackage;
  } catch (cause) {
    const message =
      "--inspect=stately needs Stately's inspector. Install it beside multidown (npm install @statelyai/inspect), or use --inspect, which works offline.";
    throw new FailureError({ code: 'invalid-option', message }, { cause });
  }
  const inspector = loaded.createSkyInspector({
    onerror: (error) => say(`multidown: Stately's inspector cannot be reached: ${redact(error.message)}`),
    serialize: (event) => plainValue(event, redact),
  });
  const { inspect } = inspector;
  return {
    inspect: (event) => (typeof inspect === 'function' ? inspect(event) : inspect.next?.(event)),
    close: () => inspector.stop(),
  };
}
