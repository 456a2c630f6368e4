import { Icon } from '../parts/icons.tsx';
import type { Camera } from './use-camera.ts';

interface ChartToolsProps {
  readonly title: string;
  readonly state: string;
  readonly isHeld: boolean;
  readonly everywhere: readonly string[];
  readonly isWhole: boolean;
  readonly canOpen: boolean;
  readonly onWhole: (isWhole: boolean) => void;
  readonly camera: Camera;
}

/** Above the chart: whose it is, its state in words, and how it is looked at. */
export function ChartTools({ title, state, isHeld, everywhere, isWhole, canOpen, onWhole, camera }: ChartToolsProps) {
  return (
    <div className="chart-tools">
      <div className="chart-title">
        <h2>{title}</h2>
        <p className="chart-value" title={state}>
          {isHeld ? `was ${state}` : state}
        </p>
      </div>
      {everywhere.length > 0 && (
        <details className="everywhere">
          <summary>Everywhere</summary>
          <ul>
            {everywhere.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </details>
      )}
      {canOpen && (
        <fieldset className="switch" aria-label="How much of the chart is shown">
          <button type="button" aria-pressed={!isWhole} onClick={() => onWhole(false)}>
            Overview
          </button>
          <button type="button" aria-pressed={isWhole} onClick={() => onWhole(true)}>
            Whole
          </button>
        </fieldset>
      )}
      <fieldset className="chart-camera" aria-label="View of the chart">
        <button
          type="button"
          className="button icon-only"
          aria-label="Smaller"
          title="Smaller"
          onClick={() => camera.zoom(1 / 1.25)}
        >
          <Icon name="minus" />
        </button>
        <button
          type="button"
          className="button icon-only"
          aria-label="Larger"
          title="Larger"
          onClick={() => camera.zoom(1.25)}
        >
          <Icon name="plus" />
        </button>
        <button type="button" className="button icon-only" aria-label="Fit" title="Fit" onClick={camera.fit}>
          <Icon name="fit" />
        </button>
        <button
          type="button"
          className="button icon-only"
          aria-label="Follow the active state"
          title="Follow the active state"
          aria-pressed={camera.isFollowing}
          onClick={camera.follow}
        >
          <Icon name="follow" />
        </button>
      </fieldset>
    </div>
  );
}
