import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { createRedactor } from '../adapters/log/redactor.ts';
import { secretsOf } from '../adapters/log/secrets.ts';
import { DownloadError } from '../download-error.ts';
import { type Failure, FailureError } from '../machines/failures.ts';
import { systemReason } from '../machines/system-reason.ts';
import { type OpenDownloadOptions, openDownload } from '../open-download.ts';
import { version } from '../version.ts';
import type { DownloadArguments } from './arguments.ts';
import { EventHub } from './event-hub.ts';
import { EXIT_DONE, exitCodes } from './exit-codes.ts';
import { attachFrontEnds, type FrontEnds } from './front-ends.ts';
import type { Policy } from './policy.ts';
import { redactEvent } from './redact-event.ts';

export interface RunOptions {
  readonly url: string;
  readonly args: DownloadArguments;
  readonly policy: Policy;
  /** Stops the download; what has arrived is kept. */
  readonly signal: AbortSignal;
  /** Ends the process at once. */
  readonly onForce: () => void;
}

/** Carries one download out and resolves to the exit code, when all is told and closed. */
export async function runDownload({ url, args, policy, signal, onForce }: RunOptions): Promise<number> {
  const redact = createRedactor(secretsOf(url, args.headers));
  const hub = new EventHub();
  let frontEnds: FrontEnds | null = null;
  try {
    frontEnds = await attachFrontEnds(hub, { url, args, policy, signal, redact, onForce });
    await fetchFile({ hub, frontEnds, url, args, policy, signal, redact });
    return EXIT_DONE;
  } catch (error) {
    const failure = failureOf(error);
    if (!hub.hasEnded) {
      const { code, message, status = null } = failure;
      hub.emit({ type: 'failed', code, message: redact(message), status, resumable: false });
    }
    if (args.verbose && !isStop(failure)) process.stderr.write(`${redact(detailsOf(error))}\n`);
    return exitCodes[failure.code];
  } finally {
    await frontEnds?.close();
  }
}

async function fetchFile(
  context: Omit<RunOptions, 'onForce'> & {
    readonly hub: EventHub;
    readonly frontEnds: FrontEnds;
    readonly redact: (text: string) => string;
  },
): Promise<void> {
  const { hub, frontEnds, url, args, policy, signal, redact } = context;
  const { log, onRequest, inspect } = frontEnds;
  log?.('info', { event: 'start', version, node: process.versions.node, platform: process.platform }, 'multidown');
  const { done } = openDownload(url, {
    ...optionsOf(args, policy),
    signal,
    attach(actor) {
      hub.connect(actor);
      actor.on('*', (event) => hub.emit(redactEvent(event, redact)));
    },
    ...(inspect === null ? {} : { inspect }),
    ...(onRequest === null ? {} : { onRequest }),
  });
  await done;
}

function optionsOf(args: DownloadArguments, policy: Policy): OpenDownloadOptions {
  const { output, numbers, checksums, headers, userAgent, cacert, restart, dryRun, insecure, privateRedirects } = args;
  const { json, inspect, record, verbose, logFile } = args;
  return {
    ...numbers,
    output,
    checksum: checksums,
    headers,
    restart,
    dryRun,
    // It takes time, and a terminal does not show it.
    computeDigest: json || verbose || inspect !== null || record !== null || logFile !== null,
    insecure,
    privateRedirects,
    ifExists: policy.ifExists,
    ifChanged: policy.ifChanged,
    ...(userAgent === null ? {} : { userAgent }),
    ...(cacert === null ? {} : { ca: readCertificates(cacert) }),
  };
}

function readCertificates(path: string): string {
  const fail = (why: string, cause?: unknown) =>
    new FailureError({ code: 'invalid-path', message: `The file of --cacert, ${path}, ${why}.`, path }, { cause });
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw fail(`cannot be read: ${systemReason(error)}`, error);
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw fail('holds no certificate in PEM form');
  return text;
}

function failureOf(error: unknown): Failure {
  if (error instanceof FailureError) return error.failure;
  if (error instanceof DownloadError) return { code: error.code, message: error.message };
  const text = error instanceof Error ? error.message : String(error);
  return { code: 'unexpected', message: `Something unexpected went wrong: ${text}` };
}

/** The user wanted it: nothing is to be looked into. */
function isStop({ code }: Failure): boolean {
  return code === 'interrupted' || code === 'declined';
}

/** For `-v`: the stack, and what caused it. */
function detailsOf(error: unknown): string {
  return inspect(error, { depth: 4, colors: false });
}
