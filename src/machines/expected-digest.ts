import type { DigestAlgorithm, ExpectedDigest } from './options.ts';

const hexLengths: Readonly<Record<DigestAlgorithm, number>> = { md5: 32, sha1: 40, sha256: 64, sha512: 128 };

/**
 * `sha256:<hex>` (also `sha-256:` and upper case).
 *
 * @returns the digest, or a sentence that says what is wrong with the text
 */
export function parseDigest(text: string): ExpectedDigest | string {
  if (typeof text !== 'string') return 'A checksum must be a text, as sha256:<hex>.';
  const [name = '', hex = '', ...rest] = text.trim().split(':');
  const algorithm = name.trim().toLowerCase().replace('-', '');
  if (!isAlgorithm(algorithm) || rest.length > 0) {
    return `"${text}" is not a checksum: write it as <algorithm>:<hex>, with sha256, sha512, sha1 or md5.`;
  }
  const wanted = hexLengths[algorithm];
  const digits = hex.trim().toLowerCase();
  if (!/^[0-9a-f]*$/.test(digits) || digits.length !== wanted) {
    return `"${text}" is not a ${algorithm} checksum: it takes ${wanted} hexadecimal digits, and here are ${digits.length} characters.`;
  }
  return { algorithm, hex: digits };
}

function isAlgorithm(name: string): name is DigestAlgorithm {
  return Object.hasOwn(hexLengths, name);
}
