import type { Point } from './layout.ts';
import type { Box } from './measure.ts';

/** An SVG path through the points with round corners of at most `radius`. */
export function roundedPath(points: readonly Point[], radius: number): string {
  const [first] = points;
  if (!first) return '';
  let path = `M${first.x} ${first.y}`;
  for (let index = 1; index < points.length; index++) {
    const [before, corner, after] = [points[index - 1], points[index], points[index + 1]];
    if (!before || !corner) continue;
    if (!after) {
      path += `L${corner.x} ${corner.y}`;
      continue;
    }
    const room = Math.min(radius, distance(before, corner) / 2, distance(corner, after) / 2);
    const [from, to] = [towards(corner, before, room), towards(corner, after, room)];
    path += `L${from.x} ${from.y}Q${corner.x} ${corner.y} ${to.x} ${to.y}`;
  }
  return path;
}

/** A filled triangle at the end of the way. */
export function arrowHead(points: readonly Point[], size: number): string {
  const tip = points.at(-1);
  const before = points.at(-2);
  if (!tip || !before) return '';
  const length = distance(before, tip) || 1;
  const [x, y] = [(tip.x - before.x) / length, (tip.y - before.y) / length];
  const base = { x: tip.x - x * size, y: tip.y - y * size };
  const half = size * 0.55;
  return `M${tip.x} ${tip.y}L${base.x - y * half} ${base.y + x * half}L${base.x + y * half} ${base.y - x * half}Z`;
}

/** Whether a label stands at the left of its arrow: then its text ends, and does not begin, at the arrow. */
export function isLeftOf(label: Box & Point, points: readonly Point[]): boolean {
  const [x, y] = [label.x + label.width / 2, label.y + label.height / 2];
  const beside = points.flatMap((to, index) => {
    const from = points[index - 1];
    const isBeside = from && from.x === to.x && Math.min(from.y, to.y) <= y && Math.max(from.y, to.y) >= y;
    return isBeside ? [to.x - x] : [];
  });
  const nearest = beside.toSorted((one, other) => Math.abs(one) - Math.abs(other))[0];
  return nearest !== undefined && nearest > 0;
}

function distance(one: Point, other: Point): number {
  return Math.hypot(other.x - one.x, other.y - one.y);
}

function towards(from: Point, to: Point, by: number): Point {
  const length = distance(from, to) || 1;
  return { x: from.x + ((to.x - from.x) / length) * by, y: from.y + ((to.y - from.y) / length) * by };
}
