import { describe, expect, it } from 'vitest';
import type { Inspected } from '../../../src/adapters/window/inspection.ts';
import { Outbox, type OutboxBounds } from '../../../src/adapters/window/outbox.ts';
import type { InspectionMessage, ServerMessage } from '../../../src/adapters/window/protocol.ts';

const welcome: ServerMessage = { type: 'welcome', protocol: 1, version: '1', mode: 'live', roots: [], downloads: [] };

/** A snapshot of an actor, of some hundred characters. */
function snapshot(sequence: number, sessionId = 'x:0', isIntermediate = true): Inspected {
  const message: InspectionMessage = {
    type: '@xstate.snapshot',
    download: 'd1',
    sequence,
    createdAt: '0',
    sessionId,
    rootId: 'x:0',
    event: { type: 'e' },
    snapshot: { status: 'active', context: 'x'.repeat(500) },
  };
  return { message, text: JSON.stringify(message), isIntermediate };
}

/** A socket that takes things when it is told to. */
function slowSink() {
  const sent: string[] = [];
  const taken: (() => void)[] = [];
  let isEnded = false;
  return {
    sink: {
      send: (text: string, done: () => void) => {
        sent.push(text);
        taken.push(done);
      },
      end: () => {
        isEnded = true;
      },
    },
    get isEnded() {
      return isEnded;
    },
    /** The system takes all that it was given, and all that follows from that. */
    drain() {
      while (taken.length > 0) taken.shift()?.();
    },
    messages: () => sent.map((text) => JSON.parse(text) as ServerMessage),
    sequences: () =>
      sent
        .map((text) => JSON.parse(text) as ServerMessage)
        .flatMap((message) => (message.type === 'inspection' ? message.messages.map(({ sequence }) => sequence) : [])),
  };
}

const tight: OutboxBounds = { inFlight: 1_000, thinAt: 20_000, endAt: 60_000 };

describe('a page that reads', () => {
  it('gets the welcome, what is remembered and what happens, in order', () => {
    const page = slowSink();
    const outbox = new Outbox(page.sink);
    const history = Array.from({ length: 1_000 }, (_, sequence) => snapshot(sequence));
    outbox.start(welcome, history);
    outbox.inspection([snapshot(1_000), snapshot(1_001)]);
    outbox.say({ type: 'forgotten', download: 'd2' });
    outbox.inspection([snapshot(1_002)]);
    page.drain();
    expect(page.messages()[0]).toEqual(welcome);
    expect(page.sequences()).toEqual(Array.from({ length: 1_003 }, (_, sequence) => sequence));
    expect(
      page
        .messages()
        .slice(-2)
        .map(({ type }) => type),
    ).toEqual(['forgotten', 'inspection']);
    expect(outbox.waiting).toBe(0);
  });

  it('is waited for at the end', async () => {
    const page = slowSink();
    const outbox = new Outbox(page.sink);
    outbox.start(welcome, [snapshot(0)]);
    let isIdle = false;
    const idle = outbox.idle().then(() => {
      isIdle = true;
    });
    await Promise.resolve();
    expect(isIdle).toBe(false);
    page.drain();
    await idle;
    expect(page.sequences()).toEqual([0]);
  });
});

describe('a page that is slow', () => {
  it('loses intermediate snapshots, never the latest of an actor, and is told how many', () => {
    const page = slowSink();
    const outbox = new Outbox(page.sink, tight);
    outbox.start(welcome, []);
    for (let sequence = 0; sequence < 300; sequence++) {
      outbox.inspection([snapshot(sequence, `x:${sequence % 3}`)]);
      expect(outbox.waiting).toBeLessThanOrEqual(tight.thinAt + 1_000);
    }
    page.drain();
    const got = page.sequences();
    expect(got.length).toBeLessThan(100);
    expect(got.slice(-3)).toEqual([297, 298, 299]);
    expect(got).toEqual(got.toSorted((a, b) => a - b));
    const dropped = page.messages().reduce((sum, one) => sum + (one.type === 'dropped' ? one.count : 0), 0);
    expect(dropped + got.length).toBe(300);
    expect(page.isEnded).toBe(false);
  });

  it('loses no event that is more than a figure', () => {
    const page = slowSink();
    const outbox = new Outbox(page.sink, tight);
    outbox.start(welcome, []);
    const event = (sequence: number): Inspected => {
      const { message } = snapshot(sequence);
      const told = { ...message, type: '@xstate.event', sourceId: null } as InspectionMessage;
      return { message: told, text: JSON.stringify({ ...told, snapshot: undefined }), isIntermediate: false };
    };
    for (let sequence = 0; sequence < 100; sequence++) {
      outbox.inspection([sequence % 10 === 0 ? event(sequence) : snapshot(sequence)]);
    }
    page.drain();
    for (let sequence = 0; sequence < 100; sequence += 10) expect(page.sequences()).toContain(sequence);
  });

  it('gets the newest figures only', () => {
    const page = slowSink();
    const outbox = new Outbox(page.sink, { ...tight, inFlight: 1 });
    outbox.start(welcome, []);
    for (let bytes = 0; bytes < 50; bytes++) {
      outbox.say({ type: 'event', download: 'd1', event: { type: 'progress', bytes } as never }, 'progress d1');
    }
    outbox.say({ type: 'event', download: 'd2', event: { type: 'progress', bytes: 7 } as never }, 'progress d2');
    page.drain();
    const figures = page.messages().flatMap((one) => (one.type === 'event' ? [[one.download, one.event]] : []));
    expect(figures).toEqual([
      ['d1', { type: 'progress', bytes: 49 }],
      ['d2', { type: 'progress', bytes: 7 }],
    ]);
  });

  it('is cut off when it hears nothing at all, and holds no memory', () => {
    const page = slowSink();
    const outbox = new Outbox(page.sink, tight);
    outbox.start(welcome, []);
    for (let sequence = 0; sequence < 1_000; sequence++) {
      outbox.inspection([snapshot(sequence, `x:${sequence}`)]);
      expect(outbox.waiting).toBeLessThanOrEqual(tight.endAt + 1_000);
    }
    expect(page.isEnded).toBe(true);
    expect(outbox.waiting).toBe(0);
  });
});
