import { version } from './version.ts';

/** What multidown calls itself to servers. */
export const userAgent = `multidown/${version}`;
