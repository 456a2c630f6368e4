/**
 * The rules outside `src/machines` that are changed to see whether their tests
 * notice, by their path under `src`: what decides about trust and touches
 * nothing outside. Of `src/machines` every file that has code is one.
 */
export const otherRules: readonly string[] = [
  // What others wrote: fields, names, addresses.
  'adapters/http/addresses',
  'adapters/http/content-disposition',
  'adapters/http/credentials',
  'adapters/http/failures',
  'adapters/http/private-addresses',
  'adapters/http/raw-headers',
  'adapters/http/redirect',
  'adapters/http/redirect-rest',
  'adapters/http/safe-file-name',
  'adapters/http/suggested-name',
  // What was written down, and where to.
  'adapters/storage/checkpoint-schema',
  'adapters/storage/disk-failures',
  'adapters/storage/edit-watch',
  'adapters/storage/sealed',
  'adapters/storage/target-path',
  // What is on its way, and how fast.
  'actors/limit-wait',
  'actors/rate-limiter',
  'actors/transfer-speed',
  'actors/turns',
  'actors/read-queue',
  'actors/write-batch',
  'actors/write-budget',
  'adapters/http/read-pace',
  // What the user types, and what must not be shown.
  'adapters/log/redactor',
  'adapters/log/secrets',
  'adapters/terminal/printable',
  'cli/arguments',
  'cli/headers',
  'cli/policy',
  'cli/redact-event',
  'cli/units',
];

const chart = ['download.machine', 'download.effects', 'download.segments', 'charts'].map((name) => `machines/${name}`);

/**
 * The tests of a rule, by their path under `test`, where they are not, or not
 * only, in the file of the same name.
 */
export const killers: Readonly<Record<string, readonly string[]>> = {
  // The two charts: what leads where, what leaves the machine, and what no walk sees.
  'machines/download.machine': chart,
  'machines/download.setup': chart,
  'machines/download.state.downloading': chart,
  'machines/download.state.merging': chart,
  'machines/download.state.pausing': chart,
  'machines/download.state.probing': chart,
  'machines/segment.machine': ['machines/segment.machine', 'machines/charts'],
  'machines/segment.setup': ['machines/segment.machine', 'machines/charts'],
  'machines/allowance': ['machines/allowance', 'machines/download.connections'],
  'machines/download.connections': [
    'machines/download.connections',
    'machines/slow-connections',
    'machines/auto-connections',
    'machines/download.machine',
    'machines/slow',
  ],
  'machines/download.context': [
    'machines/slow-connections',
    'machines/auto-connections',
    'machines/download.updates',
    'machines/download.decisions',
    'machines/download.machine',
  ],
  'machines/download.figures': [
    'machines/download.figures',
    'machines/slow-connections',
    'machines/auto-connections',
    'machines/download.machine',
  ],
  'machines/download.updates': [
    'machines/download.updates',
    'machines/slow-connections',
    'machines/auto-connections',
    'machines/download.machine',
    'machines/tuning',
  ],
  'machines/probe-rules': ['machines/probe-rules', 'machines/response-sentences'],
  'machines/ranges': ['machines/ranges', 'machines/schedule'],
  'machines/response-rules': ['machines/response-rules', 'machines/response-sentences'],
  'machines/schedule': ['machines/schedule', 'machines/slow-connections', 'machines/auto-connections'],
  'machines/slow': ['machines/slow', 'machines/hedge', 'machines/download.updates'],
  'machines/tuning': [
    'machines/tuning',
    'machines/download.connections',
    'machines/slow-connections',
    'machines/auto-connections',
  ],
  'actors/rate-limiter': ['actors/small-actors'],
  'actors/write-budget': ['actors/write-batch', 'actors/read-queue'],
  'adapters/http/content-disposition': ['adapters/http/names'],
  'adapters/http/safe-file-name': ['adapters/http/names'],
  'adapters/http/suggested-name': ['adapters/http/names'],
  'adapters/log/secrets': ['adapters/log/redactor'],
};
