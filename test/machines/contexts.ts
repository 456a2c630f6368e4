import { type DownloadContext, initialContext } from '../../src/machines/download.context.ts';
import type { Entity } from '../../src/machines/entity.ts';
import type { SourceView } from '../../src/machines/events.ts';
import type { Failure, FailureCode } from '../../src/machines/failures.ts';
import { type DownloadOptions, defaultOptions } from '../../src/machines/options.ts';
import type { Range } from '../../src/machines/ranges.ts';

export const entity: Entity = { size: 100, etag: '"v1"', lastModified: null, date: null, acceptsRanges: true };
/** A server that sends whole files only. */
export const single: Entity = { ...entity, acceptsRanges: false };
export const source: SourceView = {
  url: 'http://fake.test/file.bin',
  size: 100,
  acceptsRanges: true,
  etag: '"v1"',
  lastModified: null,
  latencyMs: 5,
};
export const target = { path: '/folder/file.bin', existingSize: null };
export const taken = { path: '/folder/file.bin', existingSize: 5 };

export const input = (options: Partial<DownloadOptions> = {}) => ({
  url: 'http://fake.test/file.bin',
  output: 'file.bin',
  // 100 bytes stay in one piece, unless a test says otherwise.
  options: { ...defaultOptions, minSplit: 60, connections: 4, ...options },
});

export const contextWith = (
  parts: Partial<DownloadContext> = {},
  options: Partial<DownloadOptions> = {},
): DownloadContext => ({ ...initialContext(input(options)), ...parts });

export const range = (id: string, start: number, end: number | null, written = start, durable = start): Range => ({
  id,
  start,
  end,
  written,
  durable,
});

export const failure = (code: FailureCode, more: Partial<Failure> = {}): Failure => ({
  code,
  message: `it failed: ${code}`,
  ...more,
});
