/** Most bytes of a name, so that ` (999)` and `.multidown` still fit into the 255 that file systems allow. */
const MOST_BYTES = 239;
/** An extension longer than this is no extension, characters. */
const LONGEST_EXTENSION = 16;

/** Names that Windows takes for devices, whatever their extension. */
const device = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)$/i;
/** Files that a desktop runs or follows when they are merely looked at. */
const active = /\.(?:desktop|lnk|url|webloc|scf|library-ms)$/i;

/**
 * Makes one safe path component of a name that a server chose: no folder, no
 * control, invisible or bidirectional characters, no reserved device, no
 * leading dot or dash, at most 239 bytes with the extension kept.
 *
 * @returns null when nothing is left
 */
export function safeFileName(name: string): string | null {
  const last = name
    .replaceAll('\\', '/')
    .split('/')
    .findLast((part) => part.trim() !== '');
  const visible = (last ?? '').normalize('NFC').replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '');
  const plain = trim(visible.replace(/[<>:"|?*]/g, '_'));
  if (plain === '') return null;
  const stem = plain.split('.', 1)[0]?.trimEnd() ?? '';
  const prefixed = plain.startsWith('-') || device.test(stem) ? `_${plain}` : plain;
  const suffixed = active.test(prefixed) ? `${prefixed}.download` : prefixed;
  // `x.multidown` is where the state of `x` lives.
  return shorten(/\.multidown$/i.test(suffixed) ? `${suffixed}_` : suffixed);
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
  if (Buffer.byteLength(name) <= MOST_BYTES) return name;
  const extension = extensionOf(name);
  const room = MOST_BYTES - Buffer.byteLength(extension);
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
