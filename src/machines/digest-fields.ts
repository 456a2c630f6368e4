/**
 * Digests that a server sends of a file: `Repr-Digest` and `Content-Digest`
 * (RFC 9530), `Digest` (RFC 3230) and `Content-MD5` (RFC 1864). What cannot be
 * understood is no digest; nothing here throws.
 */
import type { DigestAlgorithm, ExpectedDigest, PieceDigest } from './options.ts';
import { parseContentRange } from './response-rules.ts';

/** Names in RFC 9530's registry and in RFC 3230's, lower case. Weaker ones are no proof of anything. */
const names: Readonly<Record<string, DigestAlgorithm>> = {
  'sha-256': 'sha256',
  'sha-512': 'sha512',
  sha: 'sha1',
  md5: 'md5',
};
const bytesOf: Readonly<Record<DigestAlgorithm, number>> = { md5: 16, sha1: 20, sha256: 32, sha512: 64 };

/** A longer field than this is not read, characters. */
const LONGEST_FIELD = 8_192;

/**
 * The digests of the whole file that an answer's head names, the strongest of
 * each field; those of a part (a 206's content) are not of the file.
 *
 * @param headers names in lower case
 */
export function digestsOf(status: number, headers: Readonly<Record<string, string>>): readonly ExpectedDigest[] {
  const isWhole = status === 200;
  const found = [
    ...dictionary(headers['repr-digest']),
    ...(isWhole ? dictionary(headers['content-digest']) : []),
    ...list(headers.digest),
    ...(isWhole ? one('md5', headers['content-md5']?.trim()) : []),
  ];
  return found.filter(({ algorithm, hex }, index) => {
    return found.findIndex((other) => other.algorithm === algorithm && other.hex === hex) === index;
  });
}

/**
 * The digest of the bytes that a 206 brings, for just those (RFC 9530, section
 * 2); null when its head names none.
 *
 * @param headers names in lower case
 */
export function pieceDigestOf(status: number, headers: Readonly<Record<string, string>>): PieceDigest | null {
  const range = status === 206 ? parseContentRange(headers['content-range']) : null;
  const [digest] = [...dictionary(headers['content-digest']), ...one('md5', headers['content-md5']?.trim())];
  return range && digest ? { start: range.start, end: range.end, ...digest } : null;
}

/** A dictionary of byte sequences (RFC 9651, sections 3.2 and 3.3.5): `sha-256=:…:, sha-512=:…:`. The last of a key counts. */
function dictionary(field: string | undefined): readonly ExpectedDigest[] {
  const members = new Map<string, ExpectedDigest | null>();
  for (const member of membersOf(field)) {
    const [, key, value] = /^([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):(?:;.*)?$/.exec(member) ?? [];
    // One that is malformed spoils the whole field.
    if (key === undefined) return [];
    members.set(key, one(key, value)[0] ?? null);
  }
  return [...members.values()].filter((digest) => digest !== null);
}

/** A list of `algorithm=base64`, algorithms in any case. */
function list(field: string | undefined): readonly ExpectedDigest[] {
  return membersOf(field).flatMap((member) => {
    const at = member.indexOf('=');
    return one(member.slice(0, at).toLowerCase(), member.slice(at + 1));
  });
}

function membersOf(field: string | undefined): readonly string[] {
  if (field === undefined || field.length > LONGEST_FIELD) return [];
  return field
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
}

function one(name: string, base64: string | undefined): readonly ExpectedDigest[] {
  const algorithm = Object.hasOwn(names, name) ? names[name] : undefined;
  if (algorithm === undefined || base64 === undefined) return [];
  const hex = hexOf(base64);
  return hex !== null && hex.length === 2 * bytesOf[algorithm] ? [{ algorithm, hex }] : [];
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Hexadecimal of base64 (RFC 4648, section 4); null for anything else. */
function hexOf(base64: string): string | null {
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return null;
  const bits = [...base64.replace(/=+$/, '')]
    .map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(6, '0'))
    .join('');
  const bytes = bits.match(/.{8}/g) ?? [];
  return bytes.map((byte) => Number.parseInt(byte, 2).toString(16).padStart(2, '0')).join('');
}
