import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

let HostWatch: typeof import('../../../src/adapters/http/host-limits.ts').HostWatch;
let limitOf: typeof import('../../../src/adapters/http/host-limits.ts').limitOf;

const { signal } = new AbortController();
let count = 0;
/** A host that nobody has asked yet. */
const host = () => {
  count += 1;
  return `host-${count}.test:80`;
};
/** Whether a promise is settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.then(
    () => (settled = true),
    () => (settled = true),
  );
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  return settled;
}

/** A download that asks for more than one connection. */
const guest = {};

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'] });
  // What other tests hold counts in the process: each has one of its own.
  vi.resetModules();
  ({ HostWatch, limitOf } = await import('../../../src/adapters/http/host-limits.ts'));
});
afterEach(() => vi.useRealTimers());

describe('the connections of a host', () => {
  it('are 64 for the whole process; the next one waits for one that is given back', async () => {
    const limit = limitOf(host());
    const held = await Promise.all(Array.from({ length: 64 }, () => limit.acquire(guest, signal)));
    const next = limit.acquire(guest, signal);
    expect(await isSettled(next)).toBe(false);
    held[0]?.();
    expect(await isSettled(next)).toBe(true);
  });

  it('are given back once, however often it is said', async () => {
    const limit = limitOf(host());
    const held = await Promise.all(Array.from({ length: 64 }, () => limit.acquire(guest, signal)));
    for (let time = 0; time < 3; time += 1) held[0]?.();
    const one = limit.acquire(guest, signal);
    const two = limit.acquire(guest, signal);
    expect(await isSettled(one)).toBe(true);
    expect(await isSettled(two)).toBe(false);
  });

  it('go to the download that has fewest', async () => {
    const limit = limitOf(host());
    const [rich, poor] = [{}, {}];
    const held = await Promise.all(Array.from({ length: 64 }, () => limit.acquire(rich, signal)));
    const another = limit.acquire(rich, signal);
    const first = limit.acquire(poor, signal);
    held[0]?.();
    expect(await isSettled(first)).toBe(true);
    expect(await isSettled(another)).toBe(false);
  });

  it('are not waited for by one that has gone', async () => {
    const limit = limitOf(host());
    const held = await Promise.all(Array.from({ length: 64 }, () => limit.acquire(guest, signal)));
    const leaving = new AbortController();
    const gone = limit.acquire({}, leaving.signal);
    leaving.abort();
    await expect(gone).rejects.toMatchObject({ failure: { code: 'interrupted' } });
    await expect(limit.acquire({}, AbortSignal.abort())).rejects.toMatchObject({ failure: { code: 'interrupted' } });
    const next = limit.acquire(guest, signal);
    held[0]?.();
    expect(await isSettled(next)).toBe(true);
  });
});

describe('the connections of a host that many downloads ask', () => {
  it('187 are one for each of them at least, up to 256', async () => {
    const limit = limitOf(host());
    const held = await Promise.all(Array.from({ length: 256 }, () => limit.acquire({}, signal)));
    const next = limit.acquire({}, signal);
    expect(await isSettled(next)).toBe(false);
    held[0]?.();
    expect(await isSettled(next)).toBe(true);
  });

  it('187 are given up by one that has many when another waits, before it has ended', async () => {
    const limit = limitOf(host());
    const rich = {};
    const held = await Promise.all(Array.from({ length: 64 }, () => limit.acquire(rich, signal)));
    const leave = limit.watch(rich, (share) => {
      for (const release of held.splice(share)) release();
    });
    expect(held).toHaveLength(64);
    // It asks, but is not told of its share yet.
    const first = limit.acquire({}, signal);
    expect(held).toHaveLength(32);
    expect(await isSettled(first)).toBe(true);
    leave();
  });

  it('187 are more for the others when one has only asked, and left', async () => {
    const limit = limitOf(host());
    const told: number[] = [];
    const leave = limit.watch({}, (share) => told.push(share));
    const release = await limit.acquire({}, signal);
    const others = await Promise.all([1, 2].map(() => limit.acquire({}, signal)));
    const stay = limit.watch({}, () => {});
    expect(told.at(-1)).toBe(12);
    for (const one of [release, ...others]) one();
    expect(told.at(-1)).toBe(32);
    stay();
    leave();
  });

  it('are as few as it stands, however many ask', async () => {
    const limit = limitOf(host());
    const held = await Promise.all([1, 2, 3, 4].map(() => limit.acquire({}, signal)));
    limit.pushBack(0);
    const all = Array.from({ length: 100 }, () => limit.acquire({}, signal));
    held[0]?.();
    held[1]?.();
    expect(await isSettled(Promise.race(all))).toBe(false);
    held[2]?.();
    expect(await isSettled(Promise.race(all))).toBe(true);
    expect(await isSettled(Promise.any(all.slice(1)))).toBe(false);
  });

  it('187 are about 512 for all hosts together', () => {
    const told = new Map<string, number>();
    const leave = Array.from({ length: 100 }, () => {
      const name = host();
      return limitOf(name).watch({}, (share) => told.set(name, share));
    });
    const sum = () => [...told.values()].reduce((total, share) => total + share, 0);
    expect(sum()).toBeLessThanOrEqual(512);
    expect(Math.min(...told.values())).toBeGreaterThan(1);
    for (const one of leave.splice(5)) one();
    expect(told.values().next().value).toBe(64);
    for (const one of leave) one();
  });
});

describe('shares', () => {
  it('are equal, and told again when somebody comes or goes', () => {
    const limit = limitOf(host());
    const told: number[] = [];
    const leave = limit.watch({}, (share) => told.push(share));
    const others = [1, 2, 3].map(() => limit.watch({}, () => {}));
    for (const other of others) other();
    expect(told).toEqual([64, 32, 21, 16, 21, 32, 64]);
    leave();
  });

  it('are one at least', () => {
    const limit = limitOf(host());
    const leave = Array.from({ length: 99 }, () => limit.watch({}, () => {}));
    let told = 0;
    limit.watch({}, (share) => {
      told = share;
    });
    expect(told).toBe(1);
    for (const one of leave) one();
  });
});

describe('a host that pushes back', () => {
  it('184 is left with half of what it was asked for, by all downloads, and gets more as time passes', async () => {
    const limit = limitOf(host());
    const told: number[] = [];
    limit.watch(guest, (share) => told.push(share));
    await Promise.all(Array.from({ length: 10 }, () => limit.acquire(guest, signal)));
    limit.pushBack(0);
    // The rest of the volley.
    limit.pushBack(0);
    expect(told).toEqual([64, 5]);
    vi.advanceTimersByTime(2_000);
    expect(told.at(-1)).toBe(6);
    vi.advanceTimersByTime(200_000);
    expect(told.at(-1)).toBe(64);
  });

  it('is left alone for as long as it asks', async () => {
    const limit = limitOf(host());
    const told: number[] = [];
    limit.watch(guest, (share) => told.push(share));
    await Promise.all([1, 2, 3, 4].map(() => limit.acquire(guest, signal)));
    limit.pushBack(30_000);
    vi.advanceTimersByTime(29_000);
    expect(told.at(-1)).toBe(2);
    vi.advanceTimersByTime(1_500);
    expect(told.at(-1)).toBe(3);
  });

  it('serves those who wait as it recovers', async () => {
    const limit = limitOf(host());
    limit.watch(guest, () => {});
    const held = await Promise.all([1, 2].map(() => limit.acquire(guest, signal)));
    limit.pushBack(0);
    held[0]?.();
    const next = limit.acquire(guest, signal);
    expect(await isSettled(next)).toBe(false);
    vi.advanceTimersByTime(2_500);
    expect(await isSettled(next)).toBe(true);
  });

  it('grows again for whoever comes later, by all the steps that were due meanwhile', async () => {
    const limit = limitOf(host());
    const leave = limit.watch({}, () => {});
    const held = await Promise.all([1, 2, 3, 4].map(() => limit.acquire({}, signal)));
    limit.pushBack(0);
    for (const release of held) release();
    leave();
    vi.advanceTimersByTime(4_000);
    const told: number[] = [];
    limit.watch({}, (share) => told.push(share));
    expect(told).toEqual([4]);
    vi.advanceTimersByTime(2_000);
    expect(told.at(-1)).toBe(5);
  });

  it('184 grows for one who comes only after a lone request was refused', async () => {
    const limit = limitOf(host());
    const release = await limit.acquire({}, signal);
    limit.pushBack(1_000);
    release();
    vi.advanceTimersByTime(1_000);
    const told: number[] = [];
    limit.watch({}, (share) => told.push(share));
    expect(told).toEqual([1]);
    vi.advanceTimersByTime(3_500);
    expect(told.at(-1)).toBe(3);
  });

  it('184 that served nobody is asked by nobody until it said so, and then by few', async () => {
    const limit = limitOf(host());
    const release = await limit.acquire({}, signal);
    limit.pushBack(10_000);
    release();
    const [one, two, three] = [limit.acquire({}, signal), limit.acquire({}, signal), limit.acquire({}, signal)];
    vi.advanceTimersByTime(9_999);
    expect(await isSettled(one)).toBe(false);
    vi.advanceTimersByTime(1);
    // By then it has had its first step up as well.
    expect([await isSettled(one), await isSettled(two), await isSettled(three)]).toEqual([true, true, false]);
  });

  it('184 that serves somebody may be asked again by them', async () => {
    const limit = limitOf(host());
    const [served] = await Promise.all([1, 2].map(() => limit.acquire({}, signal)));
    limit.pushBack(10_000);
    served?.();
    const refused = limit.acquire({}, signal);
    expect(await isSettled(refused)).toBe(false);
  });

  it('182 that asks for an hour is not waited for: the next one may hear for itself', async () => {
    const limit = limitOf(host());
    const release = await limit.acquire({}, signal);
    limit.pushBack(3_600_000);
    release();
    expect(await isSettled(limit.acquire({}, signal))).toBe(true);
  });

  it('keeps no timer for one who waited and has gone', async () => {
    const limit = limitOf(host());
    const release = await limit.acquire({}, signal);
    limit.pushBack(10_000);
    release();
    const leaving = new AbortController();
    const gone = limit.acquire({}, leaving.signal);
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    leaving.abort();
    await expect(gone).rejects.toMatchObject({ failure: { code: 'interrupted' } });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps no timer when nobody is there', async () => {
    const limit = limitOf(host());
    const leave = limit.watch(guest, () => {});
    const release = await limit.acquire(guest, signal);
    limit.pushBack(0);
    expect(vi.getTimerCount()).toBe(1);
    release();
    leave();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is remembered for a minute, and then forgotten', async () => {
    const name = host();
    const limit = limitOf(name);
    const release = await limit.acquire(guest, signal);
    limit.pushBack(0);
    release();
    vi.advanceTimersByTime(60_000);
    expect(limitOf(name)).toBe(limit);
    vi.advanceTimersByTime(10_000);
    expect(limitOf(name)).not.toBe(limit);
  });
});

describe('a download that moves from host to host', () => {
  it('is counted at one of them, and told its share there', () => {
    const [one, other] = [host(), host()];
    const told: number[] = [];
    const watch = new HostWatch(guest, (connections) => told.push(connections));
    for (const at of [one, one, other]) watch.moveTo(at);
    expect([told, limitOf(one).present, limitOf(other).present]).toEqual([[64, 64], 0, 1]);
    watch.leave();
    expect(limitOf(other).present).toBe(0);
  });

  it('is counted nowhere when it leaves as it is told its share', () => {
    const at = host();
    const watch = new HostWatch(guest, () => watch.leave());
    watch.moveTo(at);
    expect(limitOf(at).present).toBe(0);
  });
});
