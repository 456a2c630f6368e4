import { type ActorRefFrom, createActor, type InspectionEvent, type Observer, type SnapshotFrom } from 'xstate';
import { createDownloadImplementations } from './actors/implementations.ts';
import { createSystemClock } from './adapters/clock/system-clock.ts';
import { createHttpSource, type RequestLog } from './adapters/http/source.ts';
import { createDiskStorage } from './adapters/storage/disk-storage.ts';
import { DownloadError } from './download-error.ts';
import { EventQueue } from './event-queue.ts';
import { checkConnections, checkOptions, checkRateLimit } from './machines/check-options.ts';
import { figuresOf } from './machines/download.figures.ts';
import { downloadMachine } from './machines/download.machine.ts';
import { parseDownloadUrl } from './machines/download-url.ts';
import type { Answer, DownloadEvent, DownloadResult, Figures } from './machines/events.ts';
import { parseDigest } from './machines/expected-digest.ts';
import { toFailure } from './machines/failures.ts';
import { checkFieldValue, checkHeader } from './machines/header-fields.ts';
import { type DownloadOptions, defaultOptions } from './machines/options.ts';
import { redactUrl } from './machines/redact-url.ts';
import { Pauses } from './pauses.ts';
import { userAgent } from './user-agent.ts';

/** The running machine of a download: send it commands, hear its events. */
export type DownloadActor = ActorRefFrom<typeof downloadMachine>;
export type DownloadSnapshot = SnapshotFrom<typeof downloadMachine>;

/** Everything but the URL; all of it optional. Times in milliseconds, sizes in bytes. */
export interface OpenDownloadOptions extends Partial<Omit<DownloadOptions, 'digests' | 'findChecksum'>> {
  /** A file, or a folder if it is one or ends in a slash; without it the server names the file. */
  readonly output?: string | null;
  /** What `output` is relative to; the process's working folder unless given. */
  readonly cwd?: string;
  /** `sha256:<hex>` and the like, or `auto` for a checksum file beside it; all must match before the file gets its name. */
  readonly checksum?: string | readonly string[];
  /** Sent with every request to the first host; secrets among them go nowhere else. */
  readonly headers?: Readonly<Record<string, string>> | readonly (readonly [string, string])[];
  readonly userAgent?: string;
  /** Certificates to trust besides the system's, PEM. */
  readonly ca?: string;
  /** Trust any certificate. Only for servers of your own. */
  readonly insecure?: boolean;
  /** False refuses redirects from public addresses to private ones: this machine, its network, a cloud's metadata. */
  readonly privateRedirects?: boolean;
  /** Stops the download when it is aborted; what has arrived is kept. */
  readonly signal?: AbortSignal;
  /** XState's inspection: every actor, event and snapshot. */
  readonly inspect?: Observer<InspectionEvent> | ((event: InspectionEvent) => void);
  /** Called with the actor before it starts, so that a front end misses nothing. */
  readonly attach?: (actor: DownloadActor) => void;
  /** Hears of every request, redacted. */
  readonly onRequest?: (request: RequestLog) => void;
}

/** A download under way. Iterate over it for its events. */
export interface Download extends AsyncIterable<DownloadEvent> {
  readonly actor: DownloadActor;
  /** Settles when all is over and every file and socket is closed. Rejects with a {@link DownloadError}. */
  readonly done: Promise<DownloadResult>;
  /** The figures as of now. */
  readonly figures: Figures;
  /**
   * Resolves to true once it is paused; to false when it cannot pause, has ended or ends first, or is told to go on
   * meanwhile. Asked for early, it comes as soon as it can. A download that is paused does not keep the process alive.
   */
  pause(): Promise<boolean>;
  resume(): void;
  /** Pauses and ends; resolves when all is closed. The same call later goes on from there. */
  stop(): Promise<void>;
  /**
   * 1 to 64, or `auto`: as many as pay.
   *
   * @throws {@link DownloadError} `invalid-option`
   */
  setConnections(connections: number | 'auto'): void;
  /**
   * Bytes a second, a whole number; null lifts the limit.
   *
   * @throws {@link DownloadError} `invalid-option`
   */
  setRateLimit(bytesPerSecond: number | null): void;
  /** Answers the open question, when `ifExists` or `ifChanged` is `ask`. */
  answer(answer: Answer): void;
}

/**
 * Starts a download and returns at once.
 *
 * Nothing is printed, no signal handler is installed; after `done` has settled
 * no timer and no socket is left.
 *
 * @throws DownloadError `invalid-url` or `invalid-option`, at once
 * @example
 * const download = openDownload('https://example.org/a.iso', { output: 'a.iso' });
 * for await (const event of download) if (event.type === 'progress') console.log(event.bytes);
 * const { path } = await download.done;
 */
export function openDownload(url: string | URL, options: OpenDownloadOptions = {}): Download {
  const parsed = parseDownloadUrl(String(url));
  if (!parsed.ok) throw new DownloadError({ code: 'invalid-url', message: parsed.message });
  const machineOptions = optionsOf(options);
  const { output = null, signal } = options;
  refuse(checkUntyped(options));
  const headers = headerList(options.headers);
  for (const field of headers) refuse(checkHeader(...field));
  const clock = createSystemClock();
  const source = createHttpSource({
    url: parsed.url,
    after: clock.after,
    headers,
    userAgent: options.userAgent ?? userAgent,
    connectTimeoutMs: machineOptions.timeoutMs,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...(options.insecure === undefined ? {} : { insecure: options.insecure }),
    ...(options.privateRedirects === undefined ? {} : { privateRedirects: options.privateRedirects }),
    ...(options.onRequest === undefined ? {} : { observe: options.onRequest }),
  });
  const storage = createDiskStorage(options.cwd === undefined ? {} : { cwd: options.cwd });
  const ports = { source, storage, clock };
  const machine = downloadMachine.provide(createDownloadImplementations(ports, machineOptions.rateLimit));
  const actor = createActor(machine, {
    input: { url: redactUrl(parsed.url), output, options: machineOptions },
    ...(options.inspect === undefined ? {} : { inspect: options.inspect }),
  });
  options.attach?.(actor);
  const queue = new EventQueue();
  actor.on('*', (event) => queue.push(event));

  const stop = () => actor.send({ type: 'download.stop' });
  signal?.addEventListener('abort', stop, { once: true });

  const ended = new Promise<void>((resolve) => {
    actor.subscribe({ complete: resolve, error: () => resolve() });
  });
  const done = ended.then(async () => {
    signal?.removeEventListener('abort', stop);
    // How it ended stands: what cannot be closed any more changes nothing of it.
    await Promise.allSettled([source.close()]);
    await Promise.allSettled([storage.close()]);
    queue.end();
    return settle(actor, signal);
  });
  // Whoever only iterates must not meet an unhandled rejection.
  done.catch(() => {});
  actor.start();
  if (signal?.aborted) stop();
  const pauses = new Pauses(actor);

  return {
    actor,
    done,
    get figures() {
      return figuresOf(actor.getSnapshot().context);
    },
    pause: () => pauses.pause(),
    resume: () => pauses.resume(),
    stop: async () => {
      stop();
      await done.catch(() => {});
    },
    setConnections: (connections) => {
      refuse(checkConnections(connections));
      actor.send({ type: 'download.setConnections', connections });
    },
    setRateLimit: (bytesPerSecond) => {
      refuse(checkRateLimit(bytesPerSecond));
      actor.send({ type: 'download.setRateLimit', bytesPerSecond });
    },
    answer: (answer) => actor.send({ type: 'download.answer', answer }),
    [Symbol.asyncIterator]: () => queue.iterate(),
  };
}

/**
 * Fetches a file: `openDownload` for those who only want the result.
 *
 * @example
 * const { path, size } = await download('https://example.org/a.iso', { connections: 16 });
 */
export async function download(url: string | URL, options: OpenDownloadOptions = {}): Promise<DownloadResult> {
  return await openDownload(url, options).done;
}

function optionsOf({ checksum = [], ...options }: OpenDownloadOptions): DownloadOptions {
  const texts = [checksum].flat();
  const findChecksum = texts.includes('auto');
  const digests = texts
    .filter((text) => text !== 'auto')
    .map((text) => {
      const digest = parseDigest(text);
      if (typeof digest !== 'string') return digest;
      throw unusable(digest);
    });
  const known = Object.keys(defaultOptions).flatMap((key) => {
    const value = options[key as keyof typeof options];
    return value === undefined ? [] : [[key, value]];
  });
  const all: DownloadOptions = { ...defaultOptions, ...Object.fromEntries(known), digests, findChecksum };
  refuse(checkOptions(all));
  return all;
}

/** What TypeScript would have seen; null when all can be used, else a sentence about the first that cannot. */
function checkUntyped({ output, signal, userAgent, ca }: OpenDownloadOptions): string | null {
  if (output != null && typeof output !== 'string') return 'The output must be a path, as a text.';
  if (signal != null && typeof signal.addEventListener !== 'function') return 'The signal must be an AbortSignal.';
  if (userAgent !== undefined && !checkFieldValue(userAgent)) {
    return 'The user agent must be a text of characters that can be sent.';
  }
  return ca === undefined || String(ca).includes('-----BEGIN CERTIFICATE-----')
    ? null
    : 'The certificates must be a text in PEM form.';
}

function refuse(trouble: string | null): void {
  if (trouble !== null) throw unusable(trouble);
}

function unusable(message: string): DownloadError {
  return new DownloadError({ code: 'invalid-option', message });
}

function headerList(headers: OpenDownloadOptions['headers']): readonly (readonly [string, string])[] {
  return headers === undefined ? [] : isPairs(headers) ? headers : Object.entries(headers);
}

function isPairs(
  headers: NonNullable<OpenDownloadOptions['headers']>,
): headers is readonly (readonly [string, string])[] {
  return Array.isArray(headers);
}

function settle(actor: DownloadActor, signal: AbortSignal | undefined): DownloadResult {
  const snapshot = actor.getSnapshot();
  const { output } = snapshot;
  if (!output) {
    const cause: unknown = snapshot.error;
    throw new DownloadError(toFailure(cause), { cause });
  }
  if (output.status === 'done') return output.result;
  const { failure, resumable } = output;
  throw new DownloadError(failure, {
    resumable,
    ...(signal?.aborted && failure.code === 'interrupted' ? { cause: signal.reason } : {}),
  });
}
