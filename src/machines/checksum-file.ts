/** Files of checksums that lie beside a download: `<hex>  <name>` as coreutils write them, `SHA256 (<name>) = <hex>` as BSDs do, or the digest alone. */
import type { DigestAlgorithm, ExpectedDigest } from './options.ts';

/** Where to look, beside the file and in this order; `*` is the file's own name. */
export const sidecars: readonly (readonly [suffix: string, algorithm: DigestAlgorithm])[] = [
  ['*.sha256', 'sha256'],
  ['*.sha256sum', 'sha256'],
  ['*.sha512', 'sha512'],
  ['SHA256SUMS', 'sha256'],
  ['SHA512SUMS', 'sha512'],
  ['*.sha1', 'sha1'],
  ['*.md5', 'md5'],
];

const hexLengths: Readonly<Record<DigestAlgorithm, number>> = { md5: 32, sha1: 40, sha256: 64, sha512: 128 };

/**
 * The digest of the file called `name` in such a file.
 *
 * @returns null when it is not there, or in several folders and not the same; of a digest without a name only when it
 * stands alone
 */
export function findChecksum(text: string, name: string, algorithm: DigestAlgorithm): ExpectedDigest | null {
  const wanted = hexLengths[algorithm];
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const found = new Set<string>();
  for (const line of lines) {
    const [hex, of] = readLine(line);
    if (hex?.length !== wanted) continue;
    const digest = hex.toLowerCase();
    const isAlone = of === null && lines.length === 1;
    if (isAlone || of?.replace(/^\.\//, '') === name) return { algorithm, hex: digest };
    if (of !== null && baseName(of) === name) found.add(digest);
  }
  const [hex] = found;
  return hex !== undefined && found.size === 1 ? { algorithm, hex } : null;
}

function readLine(line: string): readonly [hex: string | undefined, name: string | null] {
  const bsd = /^[A-Z0-9-]+ \((.*)\) = ([0-9a-f]+)$/i.exec(line.trim());
  if (bsd) return [bsd[2], bsd[1] ?? null];
  // A backslash in front says that the name is escaped.
  const gnu = /^(\\?)([0-9a-f]+)(?: [ *](.+))?$/i.exec(line.trimEnd());
  if (!gnu) return [undefined, null];
  const [, escaped, hex, name = null] = gnu;
  return [hex, escaped && name !== null ? name.replace(/\\([\\nr])/g, (_, code) => unescaped[code] ?? '') : name];
}

const unescaped: Readonly<Record<string, string>> = { '\\': '\\', n: '\n', r: '\r' };

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
