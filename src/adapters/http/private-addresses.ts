import type { LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { PRIVATE_ADDRESS } from './failures.ts';

/** Addresses that mean something else, or nothing, to whoever sends one there (RFC 6890; 169.254.169.254 is where clouds keep secrets). */
const narrow4: readonly (readonly [net: string, bits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
];
/** Loopback, unique local, link-local, multicast, and the local prefix of NAT64. */
const narrow6: readonly (readonly [net: string, bits: number])[] = [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
  ['64:ff9b:1::', 48],
];

let list: BlockList | null = null;

/** Whether an address is of this machine or its own network: loopback, private, link-local, unique local, shared. */
export function isPrivateAddress(address: string): boolean {
  list ??= makeList();
  const [bare = ''] = address.split('%');
  return list.check(bare, isIP(bare) === 6 ? 'ipv6' : 'ipv4');
}

function makeList(): BlockList {
  const made = new BlockList();
  for (const [net, bits] of narrow4) {
    made.addSubnet(net, bits, 'ipv4');
    // What stands for an IPv4 address leads there.
    for (const prefix of ['::ffff:', '64:ff9b::', '::']) made.addSubnet(`${prefix}${net}`, 96 + bits, 'ipv6');
  }
  for (const [net, bits] of narrow6) made.addSubnet(net, bits, 'ipv6');
  return made;
}

/**
 * Keeps a download that has been at a public address away from private ones: a
 * redirect must not lead there. It judges the addresses that are dialled, so
 * that a name cannot mean one thing when it is checked and another when it is
 * used. A host that was private from the beginning is the one the user named.
 */
export class PublicOnly {
  readonly #isPrivate: (address: string) => boolean;
  #hasBeenPublic = false;
  readonly #home = new Set<string>();

  constructor(isPrivate: (address: string) => boolean = isPrivateAddress) {
    this.#isPrivate = isPrivate;
  }

  /** Those of a host's addresses that may be dialled. */
  choose(hostname: string, addresses: readonly LookupAddress[]): LookupAddress[] {
    const open = addresses.filter(({ address }) => !this.#isPrivate(address));
    if (open.length > 0) this.#hasBeenPublic = true;
    else if (!this.#hasBeenPublic) this.#home.add(hostname);
    return this.#home.has(hostname) ? [...addresses] : open;
  }

  /** The same look-up, of what may be dialled only. */
  guard(lookup: LookupFunction): LookupFunction {
    return (hostname, options, callback) =>
      lookup(hostname, { ...options, all: true }, (error, found) => {
        const addresses = typeof found === 'string' ? [{ address: found, family: isIP(found) }] : found;
        const chosen = error === null ? this.choose(hostname, addresses) : [];
        const trouble = error ?? (chosen.length === 0 ? refusal(hostname) : null);
        const [first] = chosen;
        if (options.all) callback(trouble, chosen);
        else callback(trouble, first?.address ?? '', first?.family);
      });
  }

  /** What is wrong with a host that is an address already; null for nothing. */
  refuse(hostname: string): Error | null {
    const family = isIP(hostname);
    const isFree = family === 0 || this.choose(hostname, [{ address: hostname, family }]).length > 0;
    return isFree ? null : refusal(hostname);
  }
}

function refusal(hostname: string): Error {
  return Object.assign(new Error(`${hostname} is a private address`), { code: PRIVATE_ADDRESS });
}
