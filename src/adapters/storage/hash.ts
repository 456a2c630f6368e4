import type { Hash } from 'node:crypto';

/** Node's `createHash`. Its module takes a while to load, and small downloads hash nothing. */
export function createHash(algorithm: string): Hash {
  return process.getBuiltinModule('node:crypto').createHash(algorithm);
}
