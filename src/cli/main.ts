import { writeSync } from 'node:fs';
import { inspect } from 'node:util';
import { redactText } from '../machines/redact-url.ts';
import { exitCodes } from './exit-codes.ts';
import { run } from './run.ts';

const argv = process.argv.slice(2);

/** A bug of ours: a sentence for everyone, the stack for those who asked for details. */
function bugReport(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const isVerbose = argv.includes('-v') || argv.includes('--verbose');
  const details = isVerbose ? `\n${inspect(error)}` : ' Run it again with -v to see more.';
  return redactText(`multidown: Something unexpected went wrong: ${text}.${details}\n`);
}

process.on('uncaughtException', (error) => {
  // At the very end, when the terminal has been restored, and past whoever holds back what is written to a live screen.
  process.on('exit', () => {
    try {
      writeSync(2, `${process.stderr.isTTY ? '\n' : ''}${bugReport(error)}`);
    } catch {
      // Nobody is there to be told.
    }
  });
  // Nobody knows what is still alive; what is on disk is good for the next run.
  process.exit(exitCodes.unexpected);
});

// When nothing keeps it any more: without this, all of its memory would be cleared up before it is thrown away.
process.once('beforeExit', () => process.exit());

// Until there is an answer, this is it: a process that ends before has lost its way.
process.exitCode = exitCodes.unexpected;
run(argv).then(
  // The process ends by itself: what would keep it is a mistake that should show.
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(bugReport(error));
  },
);
