import { z } from 'zod';
import { CONNECTIONS_MAX } from '../../machines/options.ts';
import type { PageMessage, StartRequest } from './protocol.ts';

/** The longest text that a page may say: a URL. */
const LONGEST_TEXT = 8_192;

const id = z.string().max(32);
const text = z.string().max(LONGEST_TEXT);
const answer = z.enum(['overwrite', 'rename', 'restart', 'stop']);
const connections = z.union([z.literal('auto'), z.int().min(1).max(CONNECTIONS_MAX)]);

const command = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('download.pause') }),
  z.strictObject({ type: z.literal('download.resume') }),
  z.strictObject({ type: z.literal('download.stop') }),
  z.strictObject({ type: z.literal('download.setConnections'), connections }),
  z.strictObject({ type: z.literal('download.setRateLimit'), bytesPerSecond: z.int().min(1).nullable() }),
  z.strictObject({ type: z.literal('download.answer'), answer }),
]);

/** Nothing but these fields: hooks, proxies, headers and certificates are not for a page to set. */
const form: z.ZodType<StartRequest> = z.strictObject({
  url: text,
  folder: text.nullable(),
  name: text.nullable(),
  // Judged with a sentence later on.
  connections: z.union([z.literal('auto'), z.number()]).nullable(),
  checksum: text.nullable(),
  rateLimit: z.number().nullable(),
});

const pageMessage: z.ZodType<PageMessage> = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('command'), download: id, command }),
  z.strictObject({
    type: z.literal('answer'),
    download: id,
    answer,
    question: z.enum(['target-exists', 'changed', 'partial-exists']).optional(),
  }),
  z.strictObject({ type: z.literal('start'), request: z.int().min(0), form }),
  z.strictObject({ type: z.literal('forget'), download: id }),
]);

/** What a page has said; null when it is nothing that a page says. */
export function parsePageMessage(said: string): PageMessage | null {
  try {
    return pageMessage.parse(JSON.parse(said));
  } catch {
    return null;
  }
}
