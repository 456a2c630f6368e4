/** What the package is made of, and what others may do to the objects it runs with. */
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { dispositionName } from '../../src/adapters/http/content-disposition.ts';
import { someBytes } from '../support/fake-download.ts';
import { head, honest } from '../support/misbehaving-server.ts';
import { placeWith } from '../support/trial.ts';

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly bundled?: boolean;
  readonly inBundle?: boolean;
  readonly hasInstallScript?: boolean;
}

const read = (name: string) => JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'));
const nameOf = (path: string) => path.split('node_modules/').at(-1) ?? '';
const packages = (name: string): [string, Locked][] =>
  Object.entries<Locked>(read(name).packages).filter(([path]) => path.includes('node_modules/'));

describe('195 the packages', () => {
  it.each(['package-lock.json', 'bench/package-lock.json'])(
    'each of %s is pinned by its digest, or is in one that is',
    (name) => {
      const all = packages(name);
      expect(all.length).toBeGreaterThan(10);
      const loose = all.filter(
        ([, { integrity, link, inBundle }]) => !link && !inBundle && !/^sha512-/.test(integrity ?? ''),
      );
      expect(loose.map(([path]) => path)).toEqual([]);
      const unpinned = all.filter(([, { version, link }]) => !link && !/^\d+\.\d+\.\d+/.test(version ?? ''));
      expect(unpinned.map(([path]) => path)).toEqual([]);
    },
  );

  it('run no script when they are installed, but those that are allowed by name', () => {
    const own = read('package.json') as { allowScripts: Record<string, boolean> };
    const scripted = packages('package-lock.json').filter(([, { hasInstallScript }]) => hasInstallScript);
    // Of macOS only, and its script is not run: npm is told of none for it.
    const allowed = [...Object.keys(own.allowScripts), 'fsevents'];
    expect(scripted.map(([path]) => nameOf(path)).filter((name) => !allowed.includes(name))).toEqual([]);
    expect(Object.keys(own.allowScripts)).toEqual(['node']);
  });

  it('undici is one whose known holes are mended: 8.5 or newer', () => {
    const [major = 0, minor = 0] = (
      packages('package-lock.json').find(([path]) => path === 'node_modules/undici')?.[1].version ?? ''
    )
      .split('.')
      .map(Number);
    expect(major * 1_000 + minor).toBeGreaterThanOrEqual(8_005);
  });
  // `npm audit` asks the registry, and the answer changes without us: it is no test.
});

describe('195 what others send', () => {
  const polluted = () => [({} as { polluted?: unknown }).polluted, ([] as { polluted?: unknown }).polluted];

  it('changes no prototype: fields, checkpoints, notes', async () => {
    const bytes = someBytes(50_000);
    const names = ['__proto__', 'constructor', 'prototype', '__proto__.polluted', 'constructor.prototype.polluted'];
    const fields = [
      'ETag: "v1"',
      ...names.map((name) => `${name}: polluted`),
      ...names.map((name) => `Content-Disposition: attachment; ${name}=polluted; filename=${name}`).slice(0, 1),
      ...names.map((name) => `Repr-Digest: ${name}=:AAAA:`).slice(0, 1),
      'Digest: __proto__=AAAA,constructor=AAAA',
      'Link: <__proto__>; polluted=1',
    ];
    await using place = await placeWith((request) => honest(bytes, request, fields));
    await mkdir(`${place.folder}/file.bin.multidown`);
    const body =
      '{"bootId":"x","__proto__":{"polluted":1},"checkpoint":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}';
    for (const note of ['live.json', 'live-2.json'])
      await writeFile(
        `${place.folder}/file.bin.multidown/${note}`,
        `{"format":1,"sha256":"","__proto__":{"polluted":1},"body":${body}}\n`,
      );
    const trial = await place.run();
    expect(['done', 'checkpoint-damaged', 'protocol']).toContain(trial.ended);
    for (const name of names) dispositionName(`attachment; ${name}=polluted`);
    const options = JSON.parse(
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"connections":1}',
    );
    await place.run(options);
    expect(polluted()).toEqual([undefined, undefined]);
  });

  it('leaves no rejection unhandled, however it breaks off', async () => {
    const bytes = someBytes(50_000);
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      for (const script of [
        () => [{ reset: true } as const],
        () => [{ send: 'nonsense' }, { end: true } as const],
        () => [{ send: head('206 Partial Content', ['Content-Range: bytes 9-1/2']) }],
        (request: Parameters<typeof honest>[1]) => [
          ...honest(bytes.subarray(0, 100), request),
          { reset: true } as const,
        ],
        () => [{ send: head('302 Found', ['Location: http://127.0.0.1:1/']) }],
      ]) {
        await using place = await placeWith(script);
        const stop = new AbortController();
        // One that nobody waits for, one that is stopped at once, one to its end.
        await Promise.all([
          place.run({ retries: 0 }),
          place.run({ output: 'b', retries: 0, signal: AbortSignal.abort() }),
        ]);
        stop.abort();
      }
      // Rejections are told of when the turn is over.
      for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.off('unhandledRejection', note);
    }
    expect(unhandled).toEqual([]);
  });
});
