/**
 * The file name out of a Content-Disposition field, by the grammar of RFC 6266
 * and RFC 8187. Strict: a field that breaks the grammar names nothing, since
 * guessing is how one server's quirk becomes another's attack.
 */

const token = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const quoted = /"((?:[^"\\]|\\[\s\S])*)"/y;
const blank = /[ \t]*/y;

/**
 * @param field the field's value, its bytes read as ISO-8859-1
 * @returns the name as sent, not made safe; null when there is none or the field is malformed
 */
export function dispositionName(field: string): string | null {
  const parameters = parse(field);
  if (!parameters) return null;
  // RFC 6266, section 4.3: the extended form wins when both are there.
  const extended = parameters.get('filename*');
  const plain = parameters.get('filename');
  const fromExtended = extended && !extended.isQuoted ? decodeExtended(extended.value) : null;
  return fromExtended ?? (plain ? decodePlain(plain.value) : null);
}

interface Value {
  readonly value: string;
  readonly isQuoted: boolean;
}

function parse(field: string): Map<string, Value> | null {
  const parameters = new Map<string, Value>();
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(field);
    if (match) at = pattern.lastIndex;
    return match;
  };
  take(blank);
  if (!take(token)) return null;
  for (;;) {
    take(blank);
    if (at === field.length) return parameters;
    if (field[at] !== ';') return null;
    at += 1;
    take(blank);
    const name = take(token)?.[0].toLowerCase();
    take(blank);
    if (name === undefined || field[at] !== '=') return null;
    at += 1;
    take(blank);
    const text = take(quoted);
    const value = text ? text[1]?.replace(/\\([\s\S])/g, '$1') : take(token)?.[0];
    if (value === undefined || parameters.has(name)) return null;
    parameters.set(name, { value, isQuoted: text !== null });
  }
}

/** `UTF-8'en'a%20b` (RFC 8187, section 3.2). */
function decodeExtended(text: string): string | null {
  const match = /^(utf-8|iso-8859-1)'[^']*'((?:%[0-9a-f]{2}|[!#$&+\-.^_`|~0-9a-z])*)$/i.exec(text);
  if (!match) return null;
  const [, charset = '', encoded = ''] = match;
  const bytes = Buffer.from(
    encoded.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
  if (charset.toLowerCase() === 'utf-8') return decodeUtf8(bytes);
  // 0x80 to 0x9f are control characters: the sender meant something else.
  return bytes.some((byte) => byte >= 0x80 && byte < 0xa0) ? null : bytes.toString('latin1');
}

/** Many servers send UTF-8 where ISO-8859-1 belongs; what is valid UTF-8 is hardly ever anything else. */
function decodePlain(text: string): string {
  return decodeUtf8(Buffer.from(text, 'latin1')) ?? text;
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
