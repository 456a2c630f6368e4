/** Fields that stand at fixed places, or tell a reader nothing. */
const placed = new Set(['level', 'time', 'pid', 'event', 'msg']);

/** One JSON line of the log as people read it: `10:15:02.123 warn  message  key=value`. */
export function readable(line: string): string {
  const entry = parse(line);
  const time = /T([\d:.]+)Z/.exec(String(entry.time))?.[1] ?? '';
  const fields = Object.entries(entry)
    .filter(([name, value]) => !placed.has(name) && value !== null && value !== false)
    .map(([name, value]) => `${name}=${quote(String(value))}`);
  return [time, String(entry.level).padEnd(5), plain(String(entry.msg)), ...fields].join(' ');
}

function parse(line: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(line);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function quote(text: string): string {
  return /[\s"]/.test(text) ? JSON.stringify(plain(text)) : plain(text);
}

/** Text of others stays on its line and draws nothing. */
function plain(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
}
