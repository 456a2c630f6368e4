/**
 * `ipull.ts <url> <file> <connections>`: its own command line takes `-c` but
 * always uses four connections (4.0.3), so it is measured through its library.
 */
import { basename, dirname } from 'node:path';

/** What is used of it. Written down here, so that types are checked on machines without it as well. */
interface Ipull {
  downloadFile(options: object): Promise<{ download(): Promise<void> }>;
}

const [url = '', file = '', connections = '8'] = process.argv.slice(2);
const name: string = 'ipull';
const { downloadFile } = (await import(name)) as Ipull;
const engine = await downloadFile({
  url,
  directory: dirname(file),
  fileName: basename(file),
  parallelStreams: Number(connections),
});
await engine.download();
