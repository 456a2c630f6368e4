import { describe, expect, it } from 'vitest';
import { Turns } from '../../src/actors/turns.ts';

const { signal } = new AbortController();

/** A work that lasts until it is told to end, and says when it begins. */
function work() {
  const end = Promise.withResolvers<string>();
  const begun = { is: false };
  const start = () => {
    begun.is = true;
    return end.promise;
  };
  return { start, begun, end };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('turns', () => {
  it('187 come in order, so many at once', async () => {
    const turns = new Turns(2);
    const works = [0, 1, 2, 3].map(work);
    const all = works.map(({ start }) => turns.take(signal, start));
    const begun = () => works.map((one) => one.begun.is);
    await settle();
    expect(begun()).toEqual([true, true, false, false]);
    works[1]?.end.resolve('one');
    expect(await all[1]).toBe('one');
    await settle();
    expect(begun()).toEqual([true, true, true, false]);
    works[0]?.end.reject(new Error('a fault'));
    await expect(all[0]).rejects.toThrow('a fault');
    await settle();
    expect(begun()).toEqual([true, true, true, true]);
    for (const one of works) one.end.resolve('over');
    expect(await Promise.all(all.slice(2))).toEqual(['over', 'over']);
    expect(await Promise.all([turns.take(signal, settle), turns.take(signal, settle)])).toHaveLength(2);
  });

  it('are left by whoever wants none any more, and taken by the next', async () => {
    const turns = new Turns(1);
    const [first, gone, next] = [work(), work(), work()];
    const running = turns.take(signal, first.start);
    const leaving = new AbortController();
    const left = turns.take(leaving.signal, gone.start);
    const late = turns.take(AbortSignal.abort(), gone.start);
    const waiting = turns.take(signal, next.start);
    leaving.abort();
    await expect(left).rejects.toMatchObject({ failure: { code: 'interrupted' } });
    await expect(late).rejects.toMatchObject({ failure: { code: 'interrupted' } });
    expect(next.begun.is).toBe(false);
    first.end.resolve('over');
    await running;
    next.end.resolve('over');
    expect(await waiting).toBe('over');
    expect(gone.begun.is).toBe(false);
  });

  it('that have come are not given up when their signal is aborted later: nobody else loses his', async () => {
    const turns = new Turns(1);
    const [first, second, third] = [work(), work(), work()];
    const running = turns.take(signal, first.start);
    const leaving = new AbortController();
    const next = turns.take(leaving.signal, second.start);
    const last = turns.take(signal, third.start);
    first.end.resolve('first');
    await running;
    await settle();
    leaving.abort();
    second.end.resolve('second');
    third.end.resolve('third');
    expect(await Promise.all([next, last])).toEqual(['second', 'third']);
  });

  it('say why they did not come', async () => {
    const turns = new Turns(0);
    await expect(turns.take(AbortSignal.abort(), settle)).rejects.toMatchObject({
      failure: { code: 'interrupted', message: 'Stopped before its turn came.' },
    });
  });
});
