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

describe('81 a network that is private', () => {
  // The last address before it, its first, its last, and the first one behind it.
  it.each([
    [null, '0.0.0.0', '0.255.255.255', '1.0.0.0'],
    ['9.255.255.255', '10.0.0.0', '10.255.255.255', '11.0.0.0'],
    ['100.63.255.255', '100.64.0.0', '100.127.255.255', '100.128.0.0'],
    ['126.255.255.255', '127.0.0.0', '127.255.255.255', '128.0.0.0'],
    ['169.253.255.255', '169.254.0.0', '169.254.255.255', '169.255.0.0'],
    ['172.15.255.255', '172.16.0.0', '172.31.255.255', '172.32.0.0'],
    ['191.255.255.255', '192.0.0.0', '192.0.0.255', '192.0.1.0'],
    ['192.167.255.255', '192.168.0.0', '192.168.255.255', '192.169.0.0'],
    ['198.17.255.255', '198.18.0.0', '198.19.255.255', '198.20.0.0'],
    ['223.255.255.255', '224.0.0.0', '255.255.255.255', null],
  ])('from %s on: %s to %s, and not %s', (before, first, last, after) => {
    // What stands for an IPv4 address is as private as that.
    for (const [address, wanted] of [
      [before, false],
      [first, true],
      [last, true],
      [after, false],
    ] as const)
      for (const prefix of address === null ? [] : ['', '::ffff:', '64:ff9b::'])
        expect([prefix, address, isPrivateAddress(`${prefix}${address}`)]).toEqual([prefix, address, wanted]);
  });

  it.each([
    [null, '::', '::1', '2::'],
    ['fbff:ffff::', 'fc00::', 'fdff:ffff::ffff', 'fe00::'],
    ['fe7f:ffff::', 'fe80::', 'febf:ffff::ffff', null],
    [null, 'fec0::', 'feff:ffff::ffff', null],
    [null, 'ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', null],
    ['64:ff9b:0:ffff::', '64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff', '64:ff9b:2::'],
  ])('from %s on: %s to %s, and not %s', (before, first, last, after) => {
    expect([before, after].map((address) => address !== null && isPrivateAddress(address))).toEqual([false, false]);
    expect([first, last].map(isPrivateAddress)).toEqual([true, true]);
  });
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

  it('81 is asked of the one address that a look-up gives', () => {
    const seen: unknown[] = [];
    const note = (...all: unknown[]) => seen.push(all);
    const asked: unknown[] = [];
    const one: LookupFunction = (_host, options, callback) => {
      asked.push(options);
      callback(null, '1.1.1.1', 4);
    };
    const rule = new PublicOnly();
    rule.guard(one)('a', { family: 4 }, note);
    rule.guard((_host, _options, callback) => callback(null, 'fc00::1', 6))('b', {}, note);
    expect(asked).toEqual([{ family: 4, all: true }]);
    expect(seen).toEqual([
      [null, '1.1.1.1', 4],
      [expect.objectContaining({ message: 'b is a private address', code: 'EPRIVATE' }), '', undefined],
    ]);
  });

  it('81 is not decided by a look-up that failed', () => {
    const rule = new PublicOnly();
    rule.guard((_host, _options, callback) => callback(new Error('no'), open))('a', { all: true }, () => {});
    expect(rule.choose('b', home)).toEqual(home);
  });

  it('81 is where the user named an address, and no other', () => {
    const rule = new PublicOnly();
    expect(rule.refuse('10.0.0.1')).toBeNull();
    expect(rule.refuse('::1')).toBeNull();
    rule.choose('a', open);
    expect([rule.refuse('10.0.0.1'), rule.refuse('::1')]).toEqual([null, null]);
    expect(rule.refuse('10.0.0.2')).toMatchObject({ message: '10.0.0.2 is a private address', code: 'EPRIVATE' });
    expect(rule.refuse('fd00::1')).toMatchObject({ code: 'EPRIVATE' });
  });

  it('81 is not decided by a name that has not been looked up', () => {
    const rule = new PublicOnly();
    expect(rule.refuse('a.name')).toBeNull();
    expect(rule.choose('b', home)).toEqual(home);
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
