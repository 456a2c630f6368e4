/**
 * Pauses at a tenth, resumes, and stops for good when its signal says so: here
 * after a minute. Run again, it goes on from where it was.
 * Usage: node pause-and-resume.ts <url> <output>
 */
import { openDownload } from 'multidown';

const [url = '', output = 'download'] = process.argv.slice(2);
const download = openDownload(url, { output, signal: AbortSignal.timeout(60_000) });
let hasPaused = false;
for await (const event of download) {
  if (event.type === 'progress' && !hasPaused && (event.fraction ?? 0) > 0.1) {
    hasPaused = true;
    const isPaused = await download.pause();
    console.log(
      isPaused
        ? `paused at ${download.figures.bytes} bytes`
        : 'not paused: the file was there already, or the server sends whole files only',
    );
    download.resume();
  }
}
const { path } = await download.done;
console.log(`saved as ${path}`);
