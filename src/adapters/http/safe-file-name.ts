/** Most bytes of a name, so that ` (999)` and `.multidown` still fit into the 255 that file systems allow. */
const MOST_BYTES = 239;
/** Room for what the rules below add to a name that was shortened, bytes. */
const SPARE_BYTES = 10;
/** More of a name than this is not looked at, characters: to compose letters takes long where there are very many. */
const MOST_CHARACTERS = 2_000;
/** An extension longer than this is no extension, characters. */
const LONGEST_EXTENSION = 16;

/** Names that Windows takes for devices, whatever their extension. */
const device = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)$/i;
/** Files that a desktop runs or follows when they are merely looked at. */
const active = /\.(?:desktop|lnk|url|webloc|scf|library-ms)$/i;

/**
 * Makes one safe path component of a name that a server chose: no folder, no
 * control, invisible or bidirectional characters, no reserved device, no
 * leading dot or dash, at most 239 bytes, the extension kept when it is shortened.
 *
 * @returns null when nothing is left
 */
export function safeFileName(name: string): string | null {
  const last = name
    .replaceAll('\\', '/')
    .split('/')
    .findLast((part) => part.trim() !== '');
  // Composed last: a letter and its accent may have stood apart by what is not seen.
  const visible = bounded(last ?? '')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
    .normalize('NFC');
  const whole = trim(visible.replace(/[<>:"|?*]/g, '_'));
  if (whole === '') return null;
  // Shortened first: what is left of a name may be one of those below.
  const plain = shorten(whole);
  const stem = plain.split('.', 1)[0]?.trimEnd() ?? '';
  const prefixed = plain.startsWith('-') || device.test(stem) ? `_${plain}` : plain;
  const suffixed = active.test(prefixed) ? `${prefixed}.download` : prefixed;
  // `x.multidown` is where the state of `x` lives.
  return /\.multidown$/i.test(suffixed) ? `${suffixed}_` : suffixed;
}

/** Of a very long name the start, and the end with its extension. */
function bounded(name: string): string {
  return name.length > MOST_CHARACTERS ? name.slice(0, MOST_CHARACTERS) + name.slice(-LONGEST_EXTENSION) : name;
}

/** Dots and spaces go from the start (hidden files) and from the end (Windows drops them). Linear. */
function trim(name: string): string {
  const isEdge = (character: string | undefined) => character !== undefined && /[.\s]/.test(character);
  let start = 0;
  let end = name.length;
  while (start < end && isEdge(name[start])) start += 1;
  while (end > start && isEdge(name[end - 1])) end -= 1;
  return name.slice(start, end);
}

function shorten(name: string): string {
  if (Buffer.byteLength(name) <= MOST_BYTES - SPARE_BYTES) return name;
  const extension = extensionOf(name);
  const room = MOST_BYTES - SPARE_BYTES - Buffer.byteLength(extension);
  let stem = '';
  let bytes = 0;
  for (const character of name.slice(0, name.length - extension.length)) {
    bytes += Buffer.byteLength(character);
    if (bytes > room) break;
    stem += character;
  }
  return trim(stem) + extension;
}

/** `.iso`, `.tar.gz`, or nothing. */
function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  if (dot < 1 || name.length - dot > LONGEST_EXTENSION) return '';
  const compound = /\.tar$/i.exec(name.slice(0, dot));
  return name.slice(compound ? dot - compound[0].length : dot);
}
