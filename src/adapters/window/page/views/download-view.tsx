import type { Figures } from '../../../../machines/events.ts';
import { formatBytes, formatClock, formatDuration, formatPercent, formatSpeed, printable } from '../format.ts';
import { rootOf } from '../model/actors.ts';
import { figuresFrom } from '../model/figures.ts';
import { shownFigures } from '../model/shown-figures.ts';
import type { DownloadModel } from '../model/window-store.ts';
import { Controls } from './controls.tsx';
import { FileMap } from './file-map.tsx';
import { Outcome } from './outcome.tsx';
import { QuestionPanel } from './question-panel.tsx';
import { SegmentTable } from './segment-table.tsx';
import { SpeedPlot } from './speed-plot.tsx';
import { isOver } from './state-words.ts';

interface DownloadViewProps {
  readonly model: DownloadModel;
  readonly canControl: boolean;
}

/** The figures as on the terminal, and more room to show them. */
export function DownloadView({ model, canControl }: DownloadViewProps) {
  const { card, history, samples } = model;
  const root = rootOf(history.now());
  const measured = card.progress ?? figuresFrom(root?.snapshot.context);
  const figures = measured && shownFigures(measured, card);
  const question = card.state?.question ?? null;
  const warnings = [...new Map(card.warnings.map((warning) => [warning.message, warning])).values()].slice(-4);
  const over = isOver(card);
  const most = Math.max(0, ...samples.points.map(({ connections }) => connections));
  return (
    <div className="download">
      <Outcome card={card} />
      {question && !over && <QuestionPanel download={card.id} question={question} canAnswer={canControl} />}
      {figures && (
        <section className="panel progress" aria-label="Progress">
          <div className="progress-head">
            <p className="percent">
              {figures.fraction === null ? formatBytes(figures.bytes) : formatPercent(figures.fraction)}
            </p>
            <p className="bytes">
              {figures.total === null
                ? 'The size is unknown'
                : `${formatBytes(figures.bytes)} of ${formatBytes(figures.total)}`}
            </p>
            {!over && (
              <p className="left">
                {figures.remainingMs === null ? '' : `${formatDuration(figures.remainingMs)} left`}
              </p>
            )}
          </div>
          <FileMap figures={figures} />
          <dl className="figures">
            <Figure name="Now" value={over ? '\u2013' : formatSpeed(figures.speed.now)} strong />
            <Figure name="Least" value={formatSpeed(figures.speed.least)} />
            <Figure name="Mean" value={formatSpeed(figures.speed.mean)} />
            <Figure name="Best" value={formatSpeed(figures.speed.best)} />
            <Figure name="Time passed" value={formatDuration(figures.elapsedMs)} />
            <Figure
              name="Started"
              value={figures.startedAt === 0 ? '\u2013' : formatClock(figures.startedAt, Date.now())}
            />
            <Figure
              name="Connections"
              value={`${figures.connections.active} of ${figures.connections.limit}${figures.connections.isAuto ? ', automatic' : ''}`}
            />
            <Figure name="Rate limit" value={figures.rateLimit === null ? 'none' : formatSpeed(figures.rateLimit)} />
          </dl>
          {canControl && <Controls card={card} figures={figures} />}
        </section>
      )}
      {warnings.length > 0 && (
        <section className="warnings" aria-label="Warnings" aria-live="polite">
          {warnings.map(({ message }) => (
            <p key={message}>{printable(message)}</p>
          ))}
        </section>
      )}
      {figures && samples.points.length > 1 && (
        <div className="plots">
          <SpeedPlot points={samples.points} what="speed" value={speedNote(figures.speed, over)} />
          <SpeedPlot
            points={samples.points}
            what="connections"
            value={over ? `${most} at most` : `now ${figures.connections.active}`}
          />
        </div>
      )}
      {figures && figures.segments.length > 0 && <SegmentTable figures={figures} />}
    </div>
  );
}

function speedNote({ now, mean }: Figures['speed'], over: boolean): string {
  if (!over) return `now ${formatSpeed(now)}`;
  return mean === null ? '' : `${formatSpeed(mean)} on average`;
}

function Figure({ name, value, strong }: { readonly name: string; readonly value: string; readonly strong?: boolean }) {
  return (
    <div className={strong ? 'figure strong' : 'figure'}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
