import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { OutputOptions, Plugin, RolldownOptions } from 'rolldown';
import { version } from '../src/version.ts';

const require = createRequire(import.meta.url);
/** undici asserts ten things of each chunk, all as `assert(value, message)`. Node's own gathers the arguments of each. */
export const plainAssert = `module.exports = function assert(value, message) {
  if (!value) throw message instanceof Error ? message : new Error(message ?? 'undici takes for true what is not.');
};`;

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
  // Asked for a class that nobody sends, and a number that the agent sets.
  'node:http': 'export class IncomingMessage {}; export const maxHeaderSize = 16_384;',
  // For commands that are programs of their own: there are none.
  'node:child_process': 'export default {};',
  'node:assert': plainAssert,
  // undici's other parser, which the agent does not ask for (`useMilo`).
  milo: 'export const getMiloEnabled = () => false; export const H1Parser = null;',
};

/** undici copies each chunk into the memory of its parser, which reads none of it while a body of known length goes on. */
const copy = 'currentBuffer.set(chunk)';
const copyWhatIsRead = `
      const isBody = (this.statusCode === 200 || this.statusCode === 206) && !this.hasTransferEncoding;
      if (!isBody || this.contentLength - this.bytesRead < chunk.length) ${copy}`;

function nameOf(source: string, importer = ''): string | null {
  if (/^node:(assert|http)$/.test(source) && /\/undici\//.test(importer)) return source;
  if (source === 'node:child_process' && /\/commander\//.test(importer)) return source;
  if (/(^|\/)version\.ts$/.test(source)) return 'version';
  if (source === 'undici') return 'undici';
  if (/\/parser-h1\.js$/.test(source)) return 'milo';
  return /\/client-h2\.js$/.test(source) ? 'http2' : null;
}

/** Plain characters are read in half the time: the others are written as what they stand for. */
const plainCharacters: Plugin = {
  name: 'plain-characters',
  generateBundle(_, files) {
    for (const file of Object.values(files)) if (file.type === 'chunk') file.code = plain(file.code);
  },
};

function plain(code: string): string {
  if (/\.raw`[^`]*[^\0-\x7f]/.test(code)) throw new Error('a raw string must have plain characters only');
  return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** How the command is made a bundle of. */
export const bundleOptions = {
  input: 'src/cli/main.ts',
  platform: 'node',
  plugins: [
    {
      name: 'less',
      resolveId: (source, importer) => {
        const name = nameOf(source, importer);
        return name === null ? null : `\0${name}`;
      },
      load: (id) => (id.startsWith('\0') ? (replaced[id.slice(1)] ?? null) : null),
      transform(code, id) {
        if (/\/undici\//.test(id) && /\bassert\.\w/.test(code)) {
          throw new Error(`undici has changed: ${id} is to assert by "assert" alone`);
        }
        if (!/undici\/lib\/dispatcher\/client-h1\.js$/.test(id)) return null;
        if (code.split(copy).length !== 2) throw new Error(`undici has changed: ${id} is to hold "${copy}" once`);
        return code.replace(copy, copyWhatIsRead);
      },
    },
    plainCharacters,
  ],
} satisfies RolldownOptions;

interface Graph {
  getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null;
}

/** All that a module imports, directly or not, but nothing that it may load later. */
function importsOf(id: string, graph: Graph, found = new Set<string>()): Set<string> {
  for (const imported of graph.getModuleInfo(id)?.importedIds ?? []) {
    if (found.has(imported)) continue;
    found.add(imported);
    importsOf(imported, graph, found);
  }
  return found;
}

/**
 * What the command needs in any case is one file, and what every download needs
 * is another: each file costs the start about a millisecond. The entry stays by
 * itself: it waits for the second, which must not wait for it.
 */
const groups = ['main', 'run-download'].map((name) => {
  const entry = fileURLToPath(new URL(`../src/cli/${name}.ts`, import.meta.url));
  let needed: Set<string> | null = null;
  return {
    debugName: name,
    name: (id: string, graph: Graph): string | null => {
      needed ??= importsOf(entry, graph);
      return needed.has(id) || (id === entry && name !== 'main') ? `for-${name}` : null;
    },
  };
});

export const outputOptions = {
  // Node makes the modules of its own that are imported whole, with each getter called; those that are required are not.
  format: 'cjs',
  entryFileNames: '[name].cjs',
  chunkFileNames: '[name]-[hash].cjs',
  codeSplitting: { groups },
  comments: { legal: true, annotation: false, jsdoc: false },
} satisfies OutputOptions;
