import { createRequire } from 'node:module';
import type { OutputOptions, RolldownOptions } from 'rolldown';
import { version } from '../src/version.ts';

const require = createRequire(import.meta.url);
/** Modules that the command needs less of than they hold. */
const replaced: Readonly<Record<string, string>> = {
  // No file to be found and read when it starts.
  version: `export const version = ${JSON.stringify(version)};`,
  // Fetch, WebSocket, caches and mocks take more time to load than a small file to arrive.
  undici: `
    export { default as Agent } from ${JSON.stringify(require.resolve('undici/lib/dispatcher/agent.js'))};
    export { default as buildConnector } from ${JSON.stringify(require.resolve('undici/lib/core/connect.js'))};`,
  // Never spoken: `allowH2` is false.
  http2: 'export default function connectH2() { throw new Error("HTTP/2 is not supported"); }',
};

function nameOf(source: string): string | null {
  if (/(^|\/)version\.ts$/.test(source)) return 'version';
  if (source === 'undici') return 'undici';
  return /\/client-h2\.js$/.test(source) ? 'http2' : null;
}

/** How the command is made a bundle of. */
export const bundleOptions = {
  input: 'src/cli/main.ts',
  platform: 'node',
  plugins: [
    {
      name: 'less',
      resolveId: (source) => {
        const name = nameOf(source);
        return name === null ? null : `\0${name}`;
      },
      load: (id) => (id.startsWith('\0') ? (replaced[id.slice(1)] ?? null) : null),
    },
  ],
} satisfies RolldownOptions;

export const outputOptions = {
  format: 'esm',
  comments: { legal: true, annotation: false, jsdoc: false },
} satisfies OutputOptions;
