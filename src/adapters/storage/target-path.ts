import { basename, dirname, join, resolve, sep } from 'node:path';
import { isAddress, outputIsAddress } from '../../machines/download-url.ts';
import { FailureError } from '../../machines/failures.ts';

/** Most bytes of a file's name: 255 less the room for `.multidown`. */
const MOST_NAME_BYTES = 245;
/** Most bytes of a path on Linux, with the state folder's longest name in it. */
const MOST_PATH_BYTES = 4_095 - 32;

/** Names that Windows takes for devices, whatever their extension. */
const device = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\.|$)/i;

/**
 * Looks at a path that the user gave, before the disk is asked.
 *
 * @returns null when it can be used, else a sentence that says why not
 */
export function checkPath(path: string, platform: NodeJS.Platform): string | null {
  if (path === '') return 'The output is empty. Give a file or a folder.';
  if (isAddress(path)) return outputIsAddress;
  if (/\p{Cc}/u.test(path)) return 'The output has control characters in its name. Choose another.';
  const name = basename(path);
  if (Buffer.byteLength(name) > MOST_NAME_BYTES) {
    return `The output's name is too long: ${Buffer.byteLength(name)} bytes, and ${MOST_NAME_BYTES} are possible.`;
  }
  if (Buffer.byteLength(path) > MOST_PATH_BYTES) return 'The path of the output is too long for the file system.';
  if (platform !== 'win32') return null;
  if (/[<>:"|?*]/.test(path.replace(/^[a-z]:/i, '')))
    return 'The output has one of <>:"|?* in its name, which Windows does not allow.';
  const parts = path.split(/[\\/]/).filter((part) => part !== '' && part !== '.' && part !== '..');
  for (const part of parts) {
    if (device.test(part)) return `"${part}" is the name of a device on Windows. Choose another.`;
    if (/[. ]$/.test(part)) return `"${part}" ends in a dot or a space, which Windows does not allow.`;
  }
  return null;
}

export interface Place {
  /** Absolute. */
  readonly directory: string;
  /** Null when the server must name the file. */
  readonly name: string | null;
}

/**
 * Where an output leads.
 *
 * @param isFolder whether a path is a folder that exists
 * @throws FailureError `invalid-path`
 */
export async function placeOf(
  output: string | null,
  suggestedName: string | null,
  cwd: string,
  platform: NodeJS.Platform,
  isFolder: (path: string) => Promise<boolean>,
): Promise<Place> {
  if (output === null) return { directory: resolve(cwd), name: suggestedName };
  const trouble = checkPath(output, platform);
  if (trouble !== null) throw new FailureError({ code: 'invalid-path', message: trouble, path: output });
  const path = resolve(cwd, output);
  const namesFolder = output.endsWith('/') || output.endsWith(sep) || /(?:^|[\\/])\.\.?$/.test(output);
  if (namesFolder || (await isFolder(path))) return { directory: path, name: suggestedName };
  return { directory: dirname(path), name: basename(path) };
}

/** Most numbered names that are tried. */
export const MOST_NUMBERS = 999;

/** `a.iso` -> `a (1).iso`; `a.tar.gz` -> `a (1).tar.gz`. */
export function numbered(path: string, number: number): string {
  const name = basename(path);
  const [, stem = name, extension = ''] = /^(.+?)((?:\.tar)?\.[^.]{1,16})?$/.exec(name) ?? [];
  return join(dirname(path), `${stem} (${number})${extension}`);
}
