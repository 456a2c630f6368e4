import { input, select } from '@inquirer/prompts';
import type { Answer, Question } from '../../machines/events.ts';
import { formatBytes } from './format.ts';
import { printable } from './printable.ts';

export interface PromptStreams {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** Closes the prompt: it was answered elsewhere. */
  readonly signal: AbortSignal;
}

/** Asks one of the machine's questions. A prompt that is closed or interrupted is answered with "stop". */
export async function askQuestion(question: Question, streams: PromptStreams): Promise<Answer> {
  const { message, choices } = wording(question);
  return (await orNull(select({ message, choices }, streams))) ?? 'stop';
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
  return await orNull(input({ message: 'URL of the file', validate: check }, streams));
}

function wording(question: Question): { message: string; choices: { name: string; value: Answer }[] } {
  const path = printable(question.path);
  const stop = { name: 'Stop', value: 'stop' } as const;
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
        message: `The file on the server is not the one this download began with: ${printable(question.reason)}.`,
        choices: [
          { name: `Start again with the new one (drops ${formatBytes(question.keptBytes)})`, value: 'restart' },
          { name: 'Stop, and keep what is here', value: 'stop' },
        ],
      };
    case 'partial-exists':
      return {
        message: `At ${path} is a partial download of another address: ${printable(question.url)}`,
        choices: [{ name: 'Drop it and start', value: 'restart' }, stop],
      };
  }
}

/** Ctrl-C, a closed terminal and an abort are no errors here. */
async function orNull<Result>(prompt: Promise<Result>): Promise<Result | null> {
  try {
    return await prompt;
  } catch (error) {
    const isClosed = error instanceof Error && /^(?:Exit|Abort|Cancel)PromptError$/.test(error.name);
    if (isClosed) return null;
    throw error;
  }
}
