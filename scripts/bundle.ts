/**
 * `npm run build`, second half: the command as a few files instead of some
 * hundred, since a small download is mostly start-up. Whatever is imported
 * dynamically stays a file of its own and is read only when it is wanted.
 */
import { renameSync, rmSync } from 'node:fs';
import { rolldown } from 'rolldown';
import { bundleOptions, outputOptions } from './bundle-options.ts';

const outside = 'dist/cli';
const fresh = `${outside}.${process.pid}`;
const bundle = await rolldown(bundleOptions);
await bundle.write({ ...outputOptions, dir: fresh });
rmSync(outside, { recursive: true, force: true });
renameSync(fresh, outside);
