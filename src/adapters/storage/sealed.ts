import { createHash } from './hash.ts';

/** Raised when an older multidown could misread what a newer one wrote. */
export const FORMAT = 1;

/** What a file of ours says, as far as anybody may have written it. */
export interface Sealed {
  readonly format?: unknown;
  readonly sha256?: unknown;
  readonly body?: unknown;
}

/** One line with its own checksum. */
export function seal(value: unknown): string {
  const body = JSON.stringify(value);
  return `{"format":${FORMAT},"sha256":"${digest(body)}","body":${body}}\n`;
}

/** Null for what is no JSON object. Look at `isIntact` before its body is believed. */
export function readSealed(text: string): Sealed | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : null;
  } catch {
    return null;
  }
}

/** JSON that is nested deeper than the stack can be read, and not be written: it is none of ours. */
export function isIntact({ sha256, body }: Sealed): boolean {
  try {
    return sha256 === digest(JSON.stringify(body));
  } catch {
    return false;
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
