import { input, select } from '@inquirer/prompts';
import type { Answer, Question } from '../../machines/events.ts';
import { formatBytes } from './format.ts';
import { printable } from './printable.ts';
import { watchPromptKeys } from './prompt-keys.ts';
import { wrapWords } from './wrap-words.ts';

export interface PromptStreams {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream & { readonly columns?: number };
  /** Closes the prompt: it was answered elsewhere. */
  readonly signal: AbortSignal;
}

/** Columns of the sign before a question, and one that stays free. */
const SIGN = 3;

/** Asks one of the machine's questions. A prompt that is closed or interrupted is answered with "stop". */
export async function askQuestion(question: Question, streams: PromptStreams): Promise<Answer> {
  const { message, choices } = wording(question);
  // Broken between words; the first line has a sign before it.
  const lines = wrapWords(message, (streams.output.columns || 80) - SIGN);
  return (await orNull(streams, (own) => select({ message: lines.join('\n'), choices }, own))) ?? 'stop';
}

/**
 * Asks for the URL, looking at it while it is typed.
 *
 * @param check true, or a sentence that says what is wrong
 * @returns null when the prompt was closed
 */
export async function askForUrl(
  check: (text: string) => true | string,
  streams: PromptStreams,
): Promise<string | null> {
  return await orNull(streams, (own) => input({ message: 'URL of the file', validate: check }, own));
}

function wording(question: Question): { message: string; choices: { name: string; value: Answer }[] } {
  const path = printable(question.path);
  const stop = { name: 'Stop', value: 'stop' } as const;
  // First of all, so that Enter loses nothing.
  const keep = { name: 'Stop, and keep what is here', value: 'stop' } as const;
  switch (question.kind) {
    case 'target-exists':
      return {
        message: `${path} exists already (${formatBytes(question.size)}).`,
        choices: [
          { name: 'Keep both (a numbered name)', value: 'rename' },
          { name: 'Overwrite it', value: 'overwrite' },
          stop,
        ],
      };
    case 'changed':
      return {
        message: changeOf(printable(question.reason)),
        choices: [keep, { name: `Start again (drops ${formatBytes(question.keptBytes)})`, value: 'restart' }],
      };
    case 'partial-exists':
      return {
        message: `At ${path} is a partial download of another address: ${printable(question.url)}`,
        choices: [keep, { name: `Drop it (${formatBytes(question.keptBytes)}) and start`, value: 'restart' }],
      };
  }
}

/** @param reason a half-sentence, or what a transfer that found the change has said of it */
function changeOf(reason: string): string {
  if (reason.endsWith('.')) return reason;
  return `The file on the server is not the one this download began with: ${reason}.`;
}

/** Ctrl-C, Ctrl-D, Esc, a closed terminal and an abort are no errors here. */
async function orNull<Result>(
  streams: PromptStreams,
  ask: (context: PromptStreams & { readonly clearPromptOnDone: boolean }) => Promise<Result>,
): Promise<Result | null> {
  const keys = watchPromptKeys(streams.input, streams.output);
  const signal = AbortSignal.any([streams.signal, keys.signal]);
  try {
    // What nobody has chosen from does not stay on the screen.
    return await ask({
      ...streams,
      signal,
      get clearPromptOnDone() {
        return signal.aborted && !keys.isToAskAgain;
      },
    });
  } catch (error) {
    const isClosed = error instanceof Error && /^(?:Exit|Abort|Cancel)PromptError$/.test(error.name);
    if (!isClosed) throw error;
    if (!keys.isToAskAgain || streams.signal.aborted) return null;
  } finally {
    keys.unwatch();
  }
  return await orNull(streams, ask);
}
