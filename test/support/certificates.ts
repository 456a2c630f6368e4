import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { isIP } from 'node:net';

/** A certificate and its key, PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

export interface CertificateOptions {
  /** Names and IPv4 addresses that it is good for. */
  readonly names?: readonly string[];
  /** Days from now. */
  readonly from?: number;
  readonly until?: number;
  /** Who signs it; it does so itself without. */
  readonly authority?: Authority;
  readonly subject?: string;
}

export interface Authority extends Certificate {
  readonly subject: string;
  readonly privateKey: KeyObject;
}

const DAY_MS = 86_400_000;
const ECDSA_WITH_SHA256 = sequence(oid(42, 134, 72, 206, 61, 4, 3, 2));
let serial = 1;

/** Makes a certificate, signed by whom the test wants it signed (RFC 5280; DER by X.690). */
export function makeCertificate(options: CertificateOptions = {}): Authority {
  const { names = [], from = -1, until = 1, authority, subject = 'a test' } = options;
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  serial += 1;
  const extensions = [
    extension(oid(85, 29, 19), sequence(tlv(0x01, Buffer.from([0xff])))),
    ...(names.length === 0 ? [] : [extension(oid(85, 29, 17), sequence(...names.map(generalName)))]),
  ];
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.from([1, serial >> 8, serial & 255])),
    ECDSA_WITH_SHA256,
    nameOf(authority?.subject ?? subject),
    sequence(time(from), time(until)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, authority?.privateKey ?? privateKey);
  const whole = sequence(body, ECDSA_WITH_SHA256, tlv(0x03, Buffer.concat([Buffer.from([0]), signature])));
  // An empty line at the end would not be read.
  const lines = whole.toString('base64').replaceAll(/.{64}(?!$)/g, '$&\n');
  return {
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    subject,
    privateKey,
  };
}

function tlv(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(parts));
}

/** @param bytes as they are encoded */
function oid(...bytes: readonly number[]): Buffer {
  return tlv(0x06, Buffer.from(bytes));
}

function extension(id: Buffer, value: Buffer): Buffer {
  return sequence(id, tlv(0x04, value));
}

function nameOf(text: string): Buffer {
  return sequence(tlv(0x31, sequence(oid(85, 4, 3), tlv(0x0c, Buffer.from(text)))));
}

function generalName(name: string): Buffer {
  return isIP(name) === 4
    ? tlv(0x87, Buffer.from(name.split('.').map(Number)))
    : tlv(0x82, Buffer.from(name, 'latin1'));
}

function time(days: number): Buffer {
  const text = new Date(Date.now() + days * DAY_MS).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return tlv(0x17, Buffer.from(text.slice(2)));
}
