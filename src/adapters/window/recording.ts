import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { DownloadEvent } from '../../machines/events.ts';
import { FailureError } from '../../machines/failures.ts';
import { systemReason } from '../../machines/system-reason.ts';
import { newCard, withEvent } from './card.ts';
import type { WindowHub } from './hub.ts';
import type { Inspected } from './inspection.ts';
import { type DownloadCard, type InspectionMessage, PROTOCOL_VERSION } from './protocol.ts';

/** A recording is never longer than what the recorder writes, and a little; bytes. */
const LONGEST = 256 * 1024 * 1024;

const head = z.object({
  type: z.literal('multidown-recording'),
  protocol: z.number(),
  version: z.string(),
  startedAt: z.number(),
});

const inspected = {
  download: z.string(),
  sequence: z.number(),
  createdAt: z.string(),
  sessionId: z.string(),
  rootId: z.string(),
};
const snapshot = z.looseObject({ status: z.enum(['active', 'done', 'error', 'stopped']) });
const event = z.looseObject({ type: z.string() });

const line = z.discriminatedUnion('type', [
  z.looseObject({
    ...inspected,
    type: z.literal('@xstate.actor'),
    name: z.string(),
    parentId: z.string().nullable(),
    definition: z.looseObject({}).nullable(),
    definitionId: z.string().nullable(),
    snapshot,
  }),
  z.looseObject({ ...inspected, type: z.literal('@xstate.event'), event, sourceId: z.string().nullable() }),
  z.looseObject({ ...inspected, type: z.literal('@xstate.snapshot'), event, snapshot }),
  z.object({ type: z.literal('download'), at: z.number(), download: z.string(), url: z.string() }),
  z.object({ type: z.literal('event'), at: z.number(), download: z.string(), event }),
  z.object({ type: z.literal('truncated'), at: z.number() }),
]);

interface Recorded {
  card: DownloadCard;
  readonly messages: Inspected[];
}

/**
 * Reads a recording into a hub. A last line that was cut short, as a process
 * that is killed leaves it, is left out.
 *
 * @throws FailureError `invalid-path` when it cannot be read or is no recording
 */
export async function readRecording(path: string, hub: WindowHub): Promise<void> {
  const fail = (why: string, cause?: unknown) =>
    new FailureError({ code: 'invalid-path', message: `The recording ${path} ${why}.`, path }, { cause });
  const notOurs = () =>
    new FailureError({
      code: 'invalid-path',
      message: `${path} is not a recording of multidown. Give a file that was written with --record.`,
      path,
    });
  const downloads = new Map<string, Recorded>();
  const recorded = (id: string, at: number, url = '') => {
    const known = downloads.get(id) ?? { card: newCard(id, url, at, false), messages: [] };
    downloads.set(id, known);
    return known;
  };

  let number = 0;
  let broken = 0;
  function take(text: string): void {
    number += 1;
    if (number === 1) return checkHead(text);
    // Only the very last may be torn.
    if (broken > 0) throw fail(`is damaged in line ${broken}. Ask for it again`);
    const parsed = line.safeParse(jsonOf(text));
    if (!parsed.success) {
      broken = number;
      return;
    }
    const one = parsed.data;
    switch (one.type) {
      case 'download':
        return void recorded(one.download, one.at, one.url);
      case 'event': {
        const known = recorded(one.download, one.at);
        known.card = withEvent(known.card, one.event as unknown as DownloadEvent, one.at);
        return;
      }
      case 'truncated':
        return;
      default: {
        const message = one as unknown as InspectionMessage;
        recorded(one.download, Number(one.createdAt)).messages.push({ message, text, isIntermediate: false });
      }
    }
  }

  function checkHead(text: string): void {
    const parsed = head.safeParse(jsonOf(text));
    if (!parsed.success) throw notOurs();
    if (parsed.data.protocol !== PROTOCOL_VERSION) {
      throw fail(`was written by multidown ${parsed.data.version}, which speaks another protocol. Use that version`);
    }
  }

  try {
    const input = createReadStream(path, { encoding: 'utf8', end: LONGEST });
    // A file that is something else has no lines, maybe.
    for await (const text of createInterface({ input, crlfDelay: Infinity })) take(text);
  } catch (error) {
    if (error instanceof FailureError) throw error;
    throw fail(`cannot be read: ${systemReason(error)}`, error);
  }
  if (number === 0) throw fail('is empty');
  for (const { card, messages } of downloads.values()) hub.addRecorded(card, messages);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
