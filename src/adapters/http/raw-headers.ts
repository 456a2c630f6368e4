import type { Dispatcher } from 'undici';

/** Header fields of an answer, as they came. */
export class RawHeaders {
  readonly #fields: ReadonlyMap<string, readonly string[]>;

  constructor(fields: ReadonlyMap<string, readonly string[]>) {
    this.#fields = fields;
  }

  /** Every value of a field, in order; the name in lower case. */
  all(name: string): readonly string[] {
    return this.#fields.get(name) ?? [];
  }

  /** The values joined as RFC 9110, section 5.3, allows; null without the field. */
  get(name: string): string | null {
    const values = this.all(name);
    return values.length === 0 ? null : values.join(', ');
  }

  toObject(): Record<string, string> {
    return Object.fromEntries([...this.#fields].map(([name, values]) => [name, values.join(', ')]));
  }
}

type Raw = Dispatcher.DispatchController['rawHeaders'];

/**
 * Reads header fields, their bytes as ISO-8859-1. undici's own object mixes
 * decodings and hides how often a field came; the raw list does not.
 */
export function readHeaders(raw: Raw, parsed: Readonly<Record<string, string | string[] | undefined>>): RawHeaders {
  const fields = new Map<string, string[]>();
  const add = (name: string, value: string) => {
    const key = name.toLowerCase();
    const values = fields.get(key);
    if (values) values.push(value);
    else fields.set(key, [value]);
  };
  if (Array.isArray(raw)) {
    for (let at = 0; at + 1 < raw.length; at += 2) add(text(raw[at]), text(raw[at + 1]));
  } else {
    for (const [name, value] of Object.entries(parsed)) for (const one of [value ?? []].flat()) add(name, one);
  }
  return new RawHeaders(fields);
}

function text(bytes: Buffer | string | undefined): string {
  return typeof bytes === 'string' ? bytes : (bytes?.toString('latin1') ?? '');
}
