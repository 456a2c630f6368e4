import type { DownloadEvent } from '../machines/events.ts';

/**
 * An event as it may be shown: what servers and systems said passes the
 * redactor once more. Paths are left as they are: they are the user's.
 */
export function redactEvent(event: DownloadEvent, redact: (text: string) => string): DownloadEvent {
  switch (event.type) {
    case 'warning':
    case 'failed':
      return { ...event, message: redact(event.message) };
    case 'state': {
      const { source, question } = event;
      return {
        ...event,
        source: source && { ...source, url: redact(source.url) },
        question: question?.kind === 'partial-exists' ? { ...question, url: redact(question.url) } : question,
      };
    }
    default:
      return event;
  }
}
