let count = 0;

/** A name that nobody else uses: not this process, not another one here, and by chance none on another machine. No secret. */
export function uniqueToken(): string {
  count += 1;
  const chance = Math.random().toString(36).slice(2);
  return `${[process.pid, process.hrtime.bigint(), count].map((number) => number.toString(36)).join('-')}-${chance}`;
}
