import { dispositionName } from './content-disposition.ts';
import { safeFileName } from './safe-file-name.ts';

/**
 * A name for the file: from Content-Disposition, else the last part of the
 * URL's path, else `download`. Always one safe path component.
 *
 * @param disposition the field's value, its bytes read as ISO-8859-1; null without one
 */
export function suggestName(disposition: string | null, url: URL): string {
  const sent = disposition === null ? null : dispositionName(disposition);
  return (sent && safeFileName(sent)) || safeFileName(lastPart(url)) || 'download';
}

function lastPart(url: URL): string {
  const part = url.pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
