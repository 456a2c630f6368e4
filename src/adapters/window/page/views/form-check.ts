import { checkOptions } from '../../../../machines/check-options.ts';
import { parseDownloadUrl } from '../../../../machines/download-url.ts';
import { parseDigest } from '../../../../machines/expected-digest.ts';
import { defaultOptions } from '../../../../machines/options.ts';
import type { StartRequest } from '../../protocol.ts';

/** What stands in the fields. */
export type FormText = Readonly<Record<keyof StartRequest, string>>;

export type CheckedForm =
  | { readonly ok: true; readonly request: StartRequest }
  | { readonly ok: false; readonly faults: Partial<Record<keyof StartRequest, string>> };

/** Judges the form by the rules of the command line; the server does so again. */
export function checkForm(text: FormText): CheckedForm {
  const faults: Partial<Record<keyof StartRequest, string>> = {};
  const url = parseDownloadUrl(text.url);
  if (!url.ok) faults.url = url.message;

  const name = text.name.trim();
  if (/[/\\]|^\.{1,2}$/.test(name)) faults.name = 'The name is a file name only: choose the folder beside it.';

  const connections = connectionsOf(text.connections.trim());
  const fault = checkOptions({ ...defaultOptions, connections: connections ?? 'auto' });
  if (fault !== null) faults.connections = fault;

  const checksum = text.checksum.trim();
  const digest = checksum === '' || checksum === 'auto' ? null : parseDigest(checksum);
  if (typeof digest === 'string') faults.checksum = digest;

  const limit = text.rateLimit.trim();
  const rateLimit = limit === '' ? null : parseSize(limit);
  if (limit !== '' && (rateLimit === null || rateLimit < 1)) {
    faults.rateLimit = 'Write the limit as bytes a second, with K, M or G where you like: 500K, 1.5M.';
  }
  if (Object.keys(faults).length > 0) return { ok: false, faults };
  return {
    ok: true,
    request: {
      url: text.url.trim(),
      folder: text.folder === '' ? null : text.folder,
      name: name === '' ? null : name,
      connections,
      checksum: checksum === '' ? null : checksum,
      rateLimit,
    },
  };
}

/** Null for an empty field: what is usual. What is no number is left for the rules to refuse. */
function connectionsOf(text: string): number | 'auto' | null {
  if (text === '') return null;
  return text.toLowerCase() === 'auto' ? 'auto' : Number(text);
}

const powers: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4 };

/** `65536`, `500K`, `1.5 MiB`: bytes, in binary units as on the command line; null for anything else. */
export function parseSize(text: string): number | null {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?(?:\/s)?$/i.exec(text.trim()) ?? [];
  const power = powers[unit.toLowerCase()];
  if (digits === undefined || power === undefined) return null;
  const bytes = Math.round(Number(digits) * 1024 ** power);
  return Number.isSafeInteger(bytes) ? bytes : null;
}
