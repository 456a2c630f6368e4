/** How deep, how wide and how long a value may be before it is cut. */
const DEEPEST = 12;
const MOST_ENTRIES = 512;
const LONGEST_TEXT = 4096;
/** Values, and characters of their texts, in all: what one message may hold. */
const MOST_VALUES = 20_000;
const MOST_CHARACTERS = 512 * 1024;

/**
 * A value as plain JSON, whatever it was: actors become `{ sessionId, id }`, bytes
 * their number, functions and promises are left out, and every text passes
 * `redact`. Bounded, and never throws.
 */
export function plainValue(value: unknown, redact: (text: string) => string): unknown {
  let left = MOST_VALUES;
  let characters = MOST_CHARACTERS;

  function plainText(text: string): string {
    if (characters <= 0) return '(cut)';
    // A secret across the first cut would be known by its half; past the second one nothing of it is left.
    const shown = cut(redact(text.slice(0, 2 * LONGEST_TEXT)), text.length > 2 * LONGEST_TEXT);
    characters -= shown.length;
    return shown;
  }

  function plain(part: unknown, depth: number): unknown {
    left -= 1;
    switch (typeof part) {
      case 'string':
        return plainText(part);
      case 'number':
        return Number.isFinite(part) ? part : String(part);
      case 'bigint':
        return String(part);
      case 'boolean':
        return part;
      case 'object':
        return part === null ? null : plainObject(part, depth);
      default:
        return undefined;
    }
  }

  function plainObject(part: object, depth: number): unknown {
    if (depth >= DEEPEST || left <= 0) return '(cut)';
    if (Array.isArray(part)) return list(part, part.length, depth);
    if (part instanceof Set) return list(part, part.size, depth);
    if (part instanceof Map) return fields(part, depth);
    if (ArrayBuffer.isView(part)) return `(${part.byteLength} bytes)`;
    if (part instanceof Promise) return undefined;
    if ('sessionId' in part && 'send' in part) return { sessionId: part.sessionId, id: 'id' in part ? part.id : null };
    if (part instanceof Error) return { name: part.name, message: plainText(part.message) };
    const kind: unknown = Object.getPrototypeOf(part);
    // What is no plain data (sockets, open answers) is for nobody's eyes.
    if (kind !== Object.prototype && kind !== null) return `(${part.constructor?.name ?? 'object'})`;
    return fields(Object.entries(part), depth);
  }

  function list(items: Iterable<unknown>, length: number, depth: number): unknown[] {
    const plainItems: unknown[] = [];
    for (const item of items) {
      if (plainItems.length >= MOST_ENTRIES || left <= 0) {
        return [...plainItems, `(${length - plainItems.length} more)`];
      }
      plainItems.push(plain(item, depth + 1) ?? null);
    }
    return plainItems;
  }

  function fields(entries: Iterable<readonly [unknown, unknown]>, depth: number): Record<string, unknown> {
    const plainFields: [string, unknown][] = [];
    for (const [key, item] of entries) {
      if (plainFields.length >= MOST_ENTRIES || left <= 0) break;
      plainFields.push([plainText(String(key)), plain(item, depth + 1)]);
    }
    return Object.fromEntries(plainFields);
  }

  try {
    return plain(value, 0);
  } catch {
    // A getter that throws, a proxy: not worth a download.
    return '(cannot be shown)';
  }
}

function cut(text: string, isCut: boolean): string {
  return isCut || text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)} (cut)` : text;
}

/** Remembers what has been redacted: the same few texts come thousands of times. */
export function remembering(redact: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const after = redact(text);
    if (known.size >= 2_000) known.clear();
    if (text.length <= LONGEST_TEXT) known.set(text, after);
    return after;
  };
}
