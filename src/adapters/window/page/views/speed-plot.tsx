import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Sample } from '../model/figures.ts';
import { isDark } from '../parts/theme.ts';
import { countSteps, speedSteps, speedTicks, timeSteps, timeTicks } from './plot-ticks.ts';

interface SpeedPlotProps {
  readonly points: readonly Sample[];
  readonly what: 'speed' | 'connections';
  /** The figure beside the title, the same as among the figures above. */
  readonly value: string;
}

const HEIGHT = 170;

/** Speed, or connections, over the time that was spent downloading. */
export function SpeedPlot({ points, what, value }: SpeedPlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const data = useRef<uPlot.AlignedData>([[], []]);
  data.current = dataOf(points, what);
  const title = what === 'speed' ? 'Speed' : 'Connections';

  useEffect(() => {
    const box = place.current;
    if (!box) return;
    const make = () => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(what, box.clientWidth, colours(box)), data.current, box);
    };
    make();
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: box.clientWidth, height: HEIGHT }));
    resized.observe(box);
    const themed = new MutationObserver(make);
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', make);
    return () => {
      resized.disconnect();
      themed.disconnect();
      scheme.removeEventListener('change', make);
      plot.current?.destroy();
      plot.current = null;
    };
  }, [what]);
  useEffect(() => plot.current?.setData(data.current));

  return (
    <section className="panel plot" aria-label={`${title} over time, ${value}`}>
      <h2>
        {title} <span className="hint">{value}</span>
      </h2>
      <div ref={place} className="plot-place" aria-hidden="true" />
    </section>
  );
}

function dataOf(points: readonly Sample[], what: SpeedPlotProps['what']): uPlot.AlignedData {
  return [
    points.map(({ elapsedMs }) => elapsedMs / 1_000),
    points.map(({ bytesPerSecond, connections }) => (what === 'speed' ? bytesPerSecond : connections)),
  ];
}

interface Colours {
  readonly line: string;
  readonly fill: string;
  readonly grid: string;
  readonly text: string;
  readonly font: string;
}

function colours(element: Element): Colours {
  const style = getComputedStyle(element);
  const get = (name: string) => style.getPropertyValue(name).trim();
  return {
    line: get('--accent'),
    fill: get('--accent-wash'),
    grid: isDark() ? 'rgb(255 255 255 / 0.07)' : 'rgb(0 0 0 / 0.07)',
    text: get('--text-soft'),
    font: `12px ${style.fontFamily}`,
  };
}

function optionsOf(
  what: SpeedPlotProps['what'],
  width: number,
  { line, fill, grid, text, font }: Colours,
): uPlot.Options {
  const axis = { stroke: text, font, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
  return {
    width: Math.max(1, width),
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    // Room at the right for half of the last time.
    padding: [8, 26, 0, 0],
    scales: { x: { time: false }, y: { range: (_, __, most) => [0, Math.max(1, most * 1.08)] } },
    axes: [
      { ...axis, size: 28, space: 60, incrs: [...timeSteps], values: (_, ticks) => [...timeTicks(ticks)] },
      {
        ...axis,
        size: what === 'speed' ? 76 : 36,
        incrs: [...(what === 'speed' ? speedSteps : countSteps)],
        values: (_, ticks) => (what === 'speed' ? [...speedTicks(ticks)] : ticks.map(String)),
      },
    ],
    series: [
      {},
      {
        stroke: line,
        fill,
        width: 1.75,
        points: { show: false },
        ...(what === 'connections' && uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
      },
    ],
  };
}
