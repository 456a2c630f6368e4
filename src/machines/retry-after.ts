export function parseRetryAfter(value: string | undefined, _now: number): number | null {
  return value !== undefined && /^\d+$/.test(value) ? Number(value) * 1000 : null;
}
