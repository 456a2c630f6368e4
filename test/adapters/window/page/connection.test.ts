import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createActor, fromCallback, fromPromise } from 'xstate';
import {
  type ConnectionEvent,
  connectionMachine,
  hasGivenUp,
  TokenUsedError,
} from '../../../../src/adapters/window/page/connection/connection.machine.ts';

describe('the connection of the page', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function start(exchange: () => Promise<void> = () => Promise.resolve()) {
    let tell = (_: ConnectionEvent) => {};
    let streams = 0;
    const actor = createActor(
      connectionMachine.provide({
        actors: {
          exchangeToken: fromPromise<void, { token: string }>(exchange),
          stream: fromCallback<ConnectionEvent>(({ sendBack }) => {
            streams++;
            tell = sendBack;
          }),
        },
      }),
      { input: { token: 'token' } },
    ).start();
    return { actor, tell: (event: ConnectionEvent) => tell(event), streams: () => streams };
  }

  it('does not look for a process that has said goodbye', async () => {
    const { actor, tell, streams } = start();
    await vi.advanceTimersByTimeAsync(0);
    tell({ type: 'stream.opened' });
    tell({ type: 'stream.closed', isGoodbye: true });
    expect(actor.getSnapshot().value).toBe('ended');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(streams()).toBe(1);
  });

  it('tries again after any other break', async () => {
    const { actor, tell, streams } = start();
    await vi.advanceTimersByTimeAsync(0);
    tell({ type: 'stream.opened' });
    tell({ type: 'stream.closed', isGoodbye: false });
    expect(hasGivenUp(actor.getSnapshot().context)).toBe(false);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(streams()).toBe(2);
  });

  it('knows a used token from one that is wrong, and comes in by the cookie if it has one', async () => {
    const used = start(() => Promise.reject(new TokenUsedError()));
    await vi.advanceTimersByTimeAsync(0);
    expect(used.actor.getSnapshot().context.isTokenUsed).toBe(true);
    used.tell({ type: 'stream.closed', isGoodbye: false });
    expect(hasGivenUp(used.actor.getSnapshot().context)).toBe(true);
    const wrong = start(() => Promise.reject(new Error('no')));
    await vi.advanceTimersByTimeAsync(0);
    expect(wrong.actor.getSnapshot().context.isTokenUsed).toBe(false);
    const again = start(() => Promise.reject(new TokenUsedError()));
    await vi.advanceTimersByTimeAsync(0);
    again.tell({ type: 'stream.opened' });
    expect(again.actor.getSnapshot().context.isTokenUsed).toBe(false);
    expect(again.actor.getSnapshot().matches({ streaming: 'open' })).toBe(true);
  });
});
