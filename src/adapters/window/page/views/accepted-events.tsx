import { type FormEvent, useState } from 'react';
import type { Answer, DownloadCommand, Question } from '../../../../machines/events.ts';
import type { DownloadCard, MachineDefinition } from '../../protocol.ts';
import { acceptedEvents } from '../model/accepted-events.ts';
import { useWindow } from '../parts/use-window.ts';
import { parseSize } from './form-check.ts';

interface AcceptedEventsProps {
  readonly card: DownloadCard;
  readonly definition: MachineDefinition;
  readonly active: ReadonlySet<string>;
}

const answersOf: Readonly<Record<Question['kind'], readonly Answer[]>> = {
  'target-exists': ['overwrite', 'rename', 'stop'],
  changed: ['restart', 'stop'],
  'partial-exists': ['restart', 'stop'],
};

/** What the present state listens for: commands as buttons, the actors' own events by name. */
export function AcceptedEvents({ card, definition, active }: AcceptedEventsProps) {
  const { say } = useWindow();
  const [asking, setAsking] = useState<'download.setConnections' | 'download.setRateLimit' | null>(null);
  const send = (command: DownloadCommand) => say({ type: 'command', download: card.id, command });
  const events = acceptedEvents(definition, active);
  const question = card.state?.question ?? null;
  const internal = events.filter((type) => !type.startsWith('download.'));
  return (
    <fieldset className="accepted" aria-label="Events that the present state accepts">
      <span className="hint">Accepts</span>
      {events.map((type) => {
        switch (type) {
          case 'download.pause':
          case 'download.resume':
          case 'download.stop':
            return (
              <button key={type} type="button" className="button event" onClick={() => send({ type })}>
                {type}
              </button>
            );
          case 'download.answer':
            return (question ? answersOf[question.kind] : []).map((answer) => (
              <button
                key={answer}
                type="button"
                className="button event"
                onClick={() => say({ type: 'answer', download: card.id, answer })}
              >
                {type} {answer}
              </button>
            ));
          case 'download.setConnections':
          case 'download.setRateLimit':
            return asking === type ? (
              <ValueForm key={type} type={type} onClose={() => setAsking(null)} onSend={send} />
            ) : (
              <button key={type} type="button" className="button event" onClick={() => setAsking(type)}>
                {type} ...
              </button>
            );
          default:
            return null;
        }
      })}
      {internal.length > 0 && (
        <details className="internal">
          <summary>{internal.length} from actors</summary>
          <p>{internal.join(', ')}</p>
        </details>
      )}
    </fieldset>
  );
}

interface ValueFormProps {
  readonly type: 'download.setConnections' | 'download.setRateLimit';
  readonly onClose: () => void;
  readonly onSend: (command: DownloadCommand) => void;
}

function ValueForm({ type, onClose, onSend }: ValueFormProps) {
  const [text, setText] = useState('');
  const command = commandOf(type, text.trim());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!command) return;
    onSend(command);
    onClose();
  };
  return (
    <form className="value-form" onSubmit={submit} onKeyDown={(event) => event.key === 'Escape' && onClose()}>
      <input
        // biome-ignore lint/a11y/noAutofocus: it was asked for just now
        autoFocus
        aria-label={type}
        aria-invalid={command === null}
        placeholder={type === 'download.setConnections' ? '1 to 64, auto' : '1.5M, none'}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit" className="button event" disabled={command === null}>
        Send
      </button>
    </form>
  );
}

function commandOf(type: ValueFormProps['type'], text: string): DownloadCommand | null {
  if (type === 'download.setRateLimit') {
    if (text === 'none') return { type, bytesPerSecond: null };
    const bytesPerSecond = parseSize(text);
    return bytesPerSecond === null || bytesPerSecond < 1 ? null : { type, bytesPerSecond };
  }
  if (text === 'auto') return { type, connections: 'auto' };
  const connections = Number(text);
  return Number.isInteger(connections) && connections >= 1 && connections <= 64 ? { type, connections } : null;
}
