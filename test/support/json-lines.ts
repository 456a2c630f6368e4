import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { DownloadEvent } from '../../src/machines/events.ts';

const file = new URL('../../src/adapters/json-lines/json-lines.schema.json', import.meta.url);
const schema = z.fromJSONSchema(JSON.parse(readFileSync(file, 'utf8')));

export type JsonLine = DownloadEvent & { readonly v: number; readonly time: string };

/** The lines of `--json`, each checked against the schema that is published. */
export function parseJsonLines(stdout: string): readonly JsonLine[] {
  if (!stdout.endsWith('\n')) throw new Error(`The last line is cut: ${stdout.slice(-80)}`);
  return stdout
    .slice(0, -1)
    .split('\n')
    .map((line) => {
      const value: unknown = JSON.parse(line);
      const result = schema.safeParse(value);
      if (!result.success) throw new Error(`Not as the schema says: ${line}\n${z.prettifyError(result.error)}`);
      return value as JsonLine;
    });
}
