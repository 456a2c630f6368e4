/** The shortest way: wait for the file. Usage: node promise.ts <url> <output> */
import { DownloadError, download } from 'multidown';

const [url = '', output = 'download'] = process.argv.slice(2);
try {
  const { path, size } = await download(url, { output, connections: 8 });
  console.log(`${path}: ${size} bytes`);
} catch (error) {
  if (!(error instanceof DownloadError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}
