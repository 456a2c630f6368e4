import { askQuestion } from '../adapters/terminal/questions.ts';
import { listen } from '../machines/front-end.ts';
import type { EventHub } from './event-hub.ts';

/** Asks the machine's questions where there is a terminal but no live screen. */
export function attachQuestions(
  hub: EventHub,
  streams: { readonly input: NodeJS.ReadableStream; readonly output: NodeJS.WritableStream },
): void {
  let open: AbortController | null = null;
  listen(hub, {
    state: ({ question }) => {
      // Whatever state comes, the question before it has been answered or dropped.
      open?.abort();
      open = null;
      if (question === null) return;
      const prompt = new AbortController();
      open = prompt;
      askQuestion(question, { ...streams, signal: prompt.signal }).then(
        (answer) => {
          if (!prompt.signal.aborted) hub.send({ type: 'download.answer', answer });
        },
        // A prompt that breaks must not leave the download waiting for ever.
        () => hub.send({ type: 'download.stop' }),
      );
    },
  });
}
