import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { describe, expect, it } from 'vitest';
import { isPrivateAddress, PublicOnly } from '../../../src/adapters/http/private-addresses.ts';

describe('an address', () => {
  it.each([
    '127.0.0.1',
    '127.255.255.254',
    '0.0.0.0',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '100.127.255.255',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::1',
    '::127.0.0.1',
  ])('81 %s is private', (address) => expect(isPrivateAddress(address)).toBe(true));

  it.each([
    '1.1.1.1',
    '126.255.255.255',
    '128.0.0.1',
    '172.15.255.255',
    '172.32.0.1',
    '169.253.0.1',
    '100.63.255.255',
    '100.128.0.1',
    '192.167.255.255',
    '223.255.255.255',
    '2606:4700::1111',
    '::ffff:1.1.1.1',
    '64:ff9b::8.8.8.8',
    'fbff::1',
  ])('81 %s is public', (address) => expect(isPrivateAddress(address)).toBe(false));
});

const at = (...addresses: string[]): LookupAddress[] =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
const [open, home] = [at('1.1.1.1'), at('10.0.0.1')];

describe('where a download may go', () => {
  it('81 is anywhere, as long as it has been at private addresses only', () => {
    const rule = new PublicOnly();
    expect(rule.choose('a', home)).toEqual(home);
    expect(rule.choose('b', at('127.0.0.1'))).toEqual(at('127.0.0.1'));
  });

  it('81 is public addresses only, once it was at one', () => {
    const rule = new PublicOnly();
    expect(rule.choose('a', open)).toEqual(open);
    expect(rule.choose('b', home)).toEqual([]);
    expect(rule.choose('c', [...home, ...open])).toEqual(open);
  });

  it('81 is still where it began, although it was elsewhere since', () => {
    const rule = new PublicOnly();
    rule.choose('a', home);
    rule.choose('b', open);
    expect(rule.choose('a', home)).toEqual(home);
    expect(rule.choose('c', home)).toEqual([]);
  });

  it('81 is judged anew each time: a name that means something else now is refused', () => {
    const rule = new PublicOnly();
    rule.choose('a', open);
    expect(rule.choose('a', home)).toEqual([]);
    expect(rule.choose('a', [...open, ...home])).toEqual(open);
  });

  it('81 is asked of a look-up, in both its forms, and of a host that is an address', () => {
    const rule = new PublicOnly();
    let answer = [...home, ...open];
    const lookup: LookupFunction = (_host, _options, callback) => callback(null, answer);
    const seen: unknown[] = [];
    const note = (...all: unknown[]) => seen.push(all);
    rule.guard(lookup)('a', { all: true }, note);
    rule.guard(lookup)('a', {}, note);
    answer = home;
    rule.guard(lookup)('a', { all: true }, note);
    expect(seen).toEqual([
      [null, open],
      [null, '1.1.1.1', 4],
      [expect.objectContaining({ code: 'EPRIVATE' }), []],
    ]);
    expect(rule.refuse('127.0.0.1')).toMatchObject({ code: 'EPRIVATE' });
    expect([rule.refuse('1.1.1.1'), rule.refuse('a.name')]).toEqual([null, null]);
  });

  it('passes on what a look-up says when it fails', () => {
    const trouble = new Error('no such host');
    const seen: unknown[] = [];
    new PublicOnly().guard((_host, _options, callback) => callback(trouble, []))('a', { all: true }, (...all) =>
      seen.push(all),
    );
    expect(seen).toEqual([[trouble, []]]);
  });
});
