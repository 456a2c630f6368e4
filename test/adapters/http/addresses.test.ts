import type { lookup } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { Addresses } from '../../../src/adapters/http/addresses.ts';

/** A name server that answers when it is told to. */
function nameServer() {
  const asked: { hostname: string; answer: (error: Error | null, addresses: object[]) => void }[] = [];
  const ask = ((hostname: string, _options: object, answer: (typeof asked)[0]['answer']) => {
    asked.push({ hostname, answer });
  }) as unknown as typeof lookup;
  const addresses = new Addresses(ask);
  const look = (hostname: string, all: boolean) => {
    const done = Promise.withResolvers<unknown[]>();
    addresses.lookup(hostname, { all }, (...answer) => done.resolve(answer));
    return done.promise;
  };
  return { asked, addresses, look };
}

const two = [
  { address: '192.0.2.1', family: 4 },
  { address: '2001:db8::1', family: 6 },
];

describe('Addresses', () => {
  it('asks once for all who want to know, and not again', async () => {
    const { asked, look } = nameServer();
    const first = [look('a.example', true), look('a.example', true)];
    asked[0]?.answer(null, two);
    expect(await Promise.all(first)).toEqual([
      [null, two],
      [null, two],
    ]);
    expect(await look('a.example', true)).toEqual([null, two]);
    expect(await look('a.example', false)).toEqual([null, '192.0.2.1', 4]);
    expect(asked).toHaveLength(1);
  });

  it('keeps hosts apart', async () => {
    const { asked, look } = nameServer();
    void look('a.example', true);
    const other = look('b.example', true);
    asked[1]?.answer(null, [two[1] ?? {}]);
    expect(await other).toEqual([null, [two[1]]]);
    expect(asked.map(({ hostname }) => hostname)).toEqual(['a.example', 'b.example']);
  });

  it('asks again where no address serves any more', async () => {
    const { asked, addresses, look } = nameServer();
    const first = look('a.example', true);
    asked[0]?.answer(null, two);
    await first;
    addresses.forget('a.example');
    void look('a.example', true);
    expect(asked).toHaveLength(2);
  });

  it('does not remember that there was no answer', async () => {
    const { asked, look } = nameServer();
    const first = look('a.example', true);
    const error = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    asked[0]?.answer(error, []);
    expect(await first).toEqual([error, []]);
    const second = look('a.example', false);
    expect(asked).toHaveLength(2);
    asked[1]?.answer(error, []);
    expect(await second).toEqual([error, '']);
  });

  it('has nothing to give where a name has no address', async () => {
    const { asked, look } = nameServer();
    const none = [look('a.example', false), look('a.example', true)];
    asked[0]?.answer(null, []);
    expect(await Promise.all(none)).toEqual([
      [null, '', undefined],
      [null, []],
    ]);
  });

  it('asks for all of them, as it was asked to', () => {
    const asked: unknown[] = [];
    const ask = ((_hostname: string, options: object) => asked.push(options)) as unknown as typeof lookup;
    new Addresses(ask).lookup('a.example', { family: 6, all: false }, () => {});
    expect(asked).toEqual([{ family: 6, all: true }]);
  });
});
