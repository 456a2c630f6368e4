import { useEffect, useRef } from 'react';
import type { Answer, Question } from '../../../../machines/events.ts';
import { formatBytes, printable } from '../format.ts';
import { useWindow } from '../parts/use-window.ts';

interface QuestionPanelProps {
  readonly download: string;
  readonly question: Question;
  readonly canAnswer: boolean;
}

/** The machine's open question. Whoever answers first, here or elsewhere, closes it everywhere. */
export function QuestionPanel({ download, question, canAnswer }: QuestionPanelProps) {
  const { say } = useWindow();
  const panel = useRef<HTMLElement>(null);
  useEffect(() => panel.current?.focus(), []);
  const { title, text, answers } = wording(question);
  return (
    <section ref={panel} className="panel question" role="alertdialog" aria-labelledby="question" tabIndex={-1}>
      <h2 id="question">{title}</h2>
      <p>{text}</p>
      <div className="actions">
        {answers.map(({ answer, name, isMain }) => (
          <button
            key={answer}
            type="button"
            className={isMain ? 'button primary' : 'button'}
            disabled={!canAnswer}
            onClick={() => say({ type: 'answer', download, answer, question: question.kind })}
          >
            {name}
          </button>
        ))}
      </div>
    </section>
  );
}

interface Wording {
  readonly title: string;
  readonly text: string;
  readonly answers: readonly { readonly answer: Answer; readonly name: string; readonly isMain?: boolean }[];
}

function wording(question: Question): Wording {
  const path = printable(question.path);
  switch (question.kind) {
    case 'target-exists':
      return {
        title: 'A file is there already',
        text: `${path} exists (${formatBytes(question.size)}).`,
        answers: [
          { answer: 'rename', name: 'Keep both', isMain: true },
          { answer: 'overwrite', name: 'Overwrite it' },
          { answer: 'stop', name: 'Stop' },
        ],
      };
    case 'changed':
      return {
        title: 'The file on the server has changed',
        text: question.reason.endsWith('.')
          ? printable(question.reason)
          : `It is not the one that this download began with: ${printable(question.reason)}.`,
        answers: [
          { answer: 'restart', name: `Start again (drops ${formatBytes(question.keptBytes)})` },
          { answer: 'stop', name: 'Stop, and keep what is here', isMain: true },
        ],
      };
    case 'partial-exists':
      return {
        title: 'A part of another download is there',
        text: `At ${path} is a partial download of another address: ${printable(question.url)}`,
        answers: [
          { answer: 'restart', name: `Drop it (${formatBytes(question.keptBytes)}) and start` },
          { answer: 'stop', name: 'Stop', isMain: true },
        ],
      };
  }
}
