import { join, sep } from 'node:path';
import { checkOptions } from '../../machines/check-options.ts';
import { parseDownloadUrl } from '../../machines/download-url.ts';
import { parseDigest } from '../../machines/expected-digest.ts';
import { defaultOptions } from '../../machines/options.ts';
import { folderWithin, isLink } from './output-folder.ts';
import type { StartRequest } from './protocol.ts';

/** What may be downloaded: judged as the command line is, and more closely where a page has less of a say. */
export interface Order {
  readonly url: string;
  /** Absolute: a file, or a folder with a separator at its end. */
  readonly output: string;
  readonly connections?: number | 'auto';
  readonly checksum?: string;
  readonly rateLimit?: number;
}

export type Judgement =
  | { readonly ok: true; readonly order: Order }
  | { readonly ok: false; readonly field: keyof StartRequest; readonly message: string };

export interface StartRules {
  readonly roots: readonly string[];
  /** The window's own port: it does not fetch from itself. */
  readonly ownPort: number | null;
}

const LONGEST_NAME = 255;

/** Judges what the form asks for. */
export async function judgeStart(form: StartRequest, { roots, ownPort }: StartRules): Promise<Judgement> {
  const { connections, checksum, rateLimit } = form;
  const no = (field: keyof StartRequest, message: string): Judgement => ({ ok: false, field, message });
  const url = parseDownloadUrl(form.url);
  if (!url.ok) return no('url', url.message);
  if (isOwn(url.url, ownPort)) return no('url', 'That is the address of this window. Give the address of a file.');
  const numbers = {
    ...(connections === null ? {} : { connections }),
    ...(rateLimit === null ? {} : { rateLimit }),
  };
  const trouble = checkOptions({ ...defaultOptions, ...numbers });
  if (trouble !== null) return no(/rate limit/.test(trouble) ? 'rateLimit' : 'connections', trouble);
  const wanted = checksum?.trim() || null;
  const digest = wanted === null || wanted === 'auto' ? null : parseDigest(wanted);
  if (typeof digest === 'string') return no('checksum', digest);
  const folder = await folderWithin(roots, form.folder);
  if (folder === null) return no('folder', `Only folders within ${roots.join(', ')} can be saved to from here.`);
  const name = form.name === null || form.name.trim() === '' ? null : form.name.trim();
  const nameTrouble = name === null ? null : await troubleOfName(folder, name);
  if (nameTrouble !== null) return no('name', nameTrouble);
  const output = name === null ? `${folder}${folder.endsWith(sep) ? '' : sep}` : join(folder, name);
  return {
    ok: true,
    order: { url: url.url, output, ...numbers, ...(wanted === null ? {} : { checksum: wanted }) },
  };
}

async function troubleOfName(folder: string, name: string): Promise<string | null> {
  if (/[/\\]/.test(name)) return 'A name has no / or \\ in it. Choose the folder above.';
  if (/\p{Cc}/u.test(name)) return 'The name has control characters in it.';
  if (name === '.' || name === '..') return 'That is no name of a file.';
  if (Buffer.byteLength(name) > LONGEST_NAME) return 'The name is too long.';
  for (const path of [name, `${name}.multidown`]) {
    if (await isLink(join(folder, path))) return 'A link is there by that name. Choose another.';
  }
  return null;
}

function isOwn(url: string, ownPort: number | null): boolean {
  const { hostname, port } = new URL(url);
  if (ownPort === null || port !== String(ownPort)) return false;
  const name = hostname.replace(/\.$/, '');
  return /^(?:127\.|0\.0\.0\.0$|\[::1?\]$|\[::ffff:7f|(?:.*\.)?localhost$)/.test(name);
}
