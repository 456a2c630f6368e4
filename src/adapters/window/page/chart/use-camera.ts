import { useReactFlow } from '@xyflow/react';
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import type { ChartLayout } from './layout.ts';

export interface Camera {
  readonly isFollowing: boolean;
  readonly fit: () => void;
  readonly follow: () => void;
  readonly zoom: (factor: number) => void;
  /** The user has taken it. */
  readonly release: () => void;
}

/** Below this the names can no longer be read: then a part of the chart is better than the whole. */
const READABLE = 0.5;
const FOLLOWING = 0.85;
const FITTING_MOST = 1.15;

type Mode = 'fit' | 'follow' | 'free';

/** Keeps the whole chart in view, or the active state where the whole would be too small to read. */
export function useCamera(
  layout: ChartLayout | null,
  active: ReadonlySet<string>,
): { readonly camera: Camera; readonly place: RefObject<HTMLDivElement | null> } {
  const flow = useReactFlow();
  const place = useRef<HTMLDivElement>(null);
  const [mode, setMode] = useState<Mode>('fit');
  const [isSmall, setIsSmall] = useState(false);
  const follows = mode === 'follow' || (mode === 'fit' && isSmall);
  const target = layout ? outermost(layout, active) : null;

  const look = useCallback(() => {
    const box = place.current;
    if (!box || !layout || mode === 'free') return;
    const { clientWidth: width, clientHeight: height } = box;
    const whole = Math.min((width - 16) / layout.width, (height - 16) / layout.height);
    setIsSmall(whole < READABLE);
    if (mode === 'fit' && whole >= READABLE) {
      const zoom = Math.min(FITTING_MOST, whole);
      void flow.setViewport({ x: (width - layout.width * zoom) / 2, y: (height - layout.height * zoom) / 2, zoom });
    } else if (target) {
      const duration = matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 350;
      const zoom = Math.min(FOLLOWING, (width - 24) / target.width);
      void flow.setCenter(target.x + target.width / 2, target.y + target.height / 2, {
        zoom: Math.max(READABLE, zoom),
        duration,
      });
    }
  }, [flow, layout, mode, target]);

  useEffect(() => {
    look();
    const box = place.current;
    if (!box) return;
    const observer = new ResizeObserver(look);
    observer.observe(box);
    return () => observer.disconnect();
  }, [look]);

  return {
    place,
    camera: {
      isFollowing: follows,
      fit: () => {
        const box = place.current;
        if (!box || !layout) return;
        setMode('fit');
        void flow.fitView({ padding: 0.03 });
      },
      follow: () => setMode('follow'),
      zoom: (factor) => {
        setMode('free');
        void flow.zoomTo(flow.getZoom() * factor);
      },
      release: () => setMode('free'),
    },
  };
}

interface Target {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

let last: Target | null = null;

/** The active state at the top, which changes seldom enough to be followed. */
function outermost(layout: ChartLayout, active: ReadonlySet<string>): Target | null {
  const placed = layout.nodes.find(({ node }) => node.parent === null && active.has(node.id));
  if (!placed) return null;
  const { x, y, width, height } = placed;
  if (last && last.x === x && last.y === y && last.width === width && last.height === height) return last;
  last = { x, y, width, height };
  return last;
}
