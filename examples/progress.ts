/** Progress by iterating over the events. Usage: node progress.ts <url> <output> */
import { openDownload } from 'multidown';

const [url = '', output = 'download'] = process.argv.slice(2);
const download = openDownload(url, { output });
for await (const event of download) {
  if (event.type === 'state') console.log(event.state);
  if (event.type === 'progress' && event.fraction !== null) console.log(`${Math.floor(event.fraction * 100)} %`);
  if (event.type === 'warning') console.warn(event.message);
}
const { path } = await download.done;
console.log(`saved as ${path}`);
