export type View = 'download' | 'machine';

/** What the page shows. It stands in the address bar's fragment, so that back and forward work. */
export interface Route {
  /** Null for the list with the form. */
  readonly download: string | null;
  readonly view: View;
}

export function parseRoute(hash: string): Route {
  const [, download, view] = /^#\/d\/([^/]+)(?:\/(machine))?$/.exec(hash) ?? [];
  if (download === undefined) return { download: null, view: 'download' };
  try {
    return { download: decodeURIComponent(download), view: view === 'machine' ? 'machine' : 'download' };
  } catch {
    return { download: null, view: 'download' };
  }
}

export function hrefOf({ download, view }: Route): string {
  if (download === null) return '#/';
  return `#/d/${encodeURIComponent(download)}${view === 'machine' ? '/machine' : ''}`;
}
