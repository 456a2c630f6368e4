/** Replies that curl's own tests serve, byte by byte: what must fail is refused, what must pass is right. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { head } from '../support/misbehaving-server.ts';
import { sharedData } from '../support/shared-data.ts';
import { placeWith, runTrial, type Trial } from '../support/trial.ts';

interface CurlCase {
  readonly id: number;
  readonly name: string;
  readonly option: string;
  readonly args: readonly string[];
  readonly parts: Readonly<Record<string, string>>;
  readonly expect: {
    readonly curlExit: number;
    readonly requests: string;
    readonly bodySha256_16?: string;
    readonly bodyLength?: number;
  };
}

const text = sharedData('curl-http-cases.json');
const cases: readonly CurlCase[] = text === null ? [] : JSON.parse(text).cases;
if (text === null) console.log("curl's cases are not here: they were not replayed.");

/** Options about what curl does with an answer, and how many words follow them: the request is the same without. */
const afterwards: Readonly<Record<string, number>> = {
  '-L': 0,
  '--location': 0,
  '-O': 0,
  '-J': 0,
  '-s': 0,
  '-w': 1,
  '-D': 1,
  '-o': 1,
  '--output-dir': 1,
};

/** What is left of a command line: its addresses, and options that change the request. */
function restOf(args: readonly string[]): readonly string[] {
  const [first, ...others] = args;
  if (first === undefined) return [];
  const words = afterwards[first];
  return words === undefined ? [first, ...restOf(others)] : restOf(others.slice(words));
}

const follows = ({ args }: CurlCase) => args.includes('-L') || args.includes('--location');
const textOf = (part: string | undefined) => Buffer.from(part ?? '', 'base64').toString('latin1');

/** One address, asked for as any downloader would. Where curl is not told to follow a redirect, it writes down what we leave. */
const plain = cases.filter((one) => {
  const [url = '', ...others] = restOf(one.args);
  const isOurs = /^http:\/\/(?:[^@/\s]*@)?%HOSTIP:%HTTPPORT\S*\d$/.test(url) && others.length === 0;
  const isLeft = /^HTTP\/\S+ 3/.test(textOf(one.parts['0'])) && !follows(one) && one.args.length > 1;
  return isOurs && !isLeft && one.parts['0'] !== undefined && one.id !== 3009;
});

/**
 * Where we do otherwise than curl, and why. `refusal`: what came is no file but
 * says why there is none, and curl writes that down. `list`: the list of faults
 * wants it refused. `ours`: it would be right to take it, and we do not.
 * `terminal`: curl refuses, and not for the answer's sake.
 */
const argued: Readonly<Record<number, readonly [kind: 'refusal' | 'list' | 'ours' | 'terminal', why: string]>> = {
  54: ['refusal', 'status 302 with an empty Location: it leads nowhere'],
  151: ['refusal', 'status 401'],
  334: ['refusal', 'status 204: there is no file'],
  1466: ['refusal', 'status 405'],
  365: ['list', '58: a length beside chunks is how answers are smuggled (RFC 9112, section 6.3)'],
  395: ['list', '49: a length beyond 2^63, which curl ignores'],
  1473: ['list', '60: a head that begins with white space (RFC 9112, section 2.2)'],
  1090: ['list', '65: as 1116'],
  1116: ['list', '65: chunks whose lines end with a bare line feed'],
  1417: ['list', '65: as 1116'],
  1274: ['list', '60: a header line that begins with white space, to go on with the one before'],
  1482: ['list', '57: the coding "chunked, chunked"'],
  1483: ['list', '57: as 1482, in two fields'],
  1493: ['list', '57: the coding "identity, chunked"'],
  1494: ['list', '57, 58: the coding "identity", beside a length'],
  767: ['ours', 'two lengths, although equal: undici refuses them'],
  770: ['ours', 'a list of equal lengths: as 767'],
  1425: ['terminal', 'curl refuses to write bytes to a terminal; a file is no terminal'],
};

/** Those of answers that come before the answer, too. */
const headOf = /^(?:HTTP\/\S+ 1\d\d[\s\S]*?\n\r?\n)*[\s\S]*?\n\r?\n/;

/**
 * Most of the heads have bare line feeds, as they lie in curl's files. We refuse
 * those (fault 61): what else is in them is tried with the line ends that HTTP has.
 */
function withLineEnds(reply: Buffer): Buffer {
  const raw = reply.toString('latin1');
  const [top = ''] = headOf.exec(raw) ?? [];
  return Buffer.from(top.replaceAll(/\r?\n/g, '\r\n') + raw.slice(top.length), 'latin1');
}

function hasBareLineEnds(part: string): boolean {
  const reply = Buffer.from(part, 'base64');
  return !withLineEnds(reply).equals(reply);
}

/** A path whose last number is the case's gets part 0; four more digits name another one. */
function partOf({ id, parts }: CurlCase, path: string, bounces: number): string | null {
  const [number = ''] = /\d+(?=\D*$)/.exec(path) ?? [];
  if (!number.startsWith(String(id))) return null;
  const named = number.slice(String(id).length);
  const part = parts[named === '' ? String(bounces) : String(Number(named))];
  return part === undefined ? null : textOf(part);
}

/** How it ended, and the last reply that was sent. */
async function replay(one: CurlCase): Promise<{ trial: Trial; reply: Buffer }> {
  let reply: Buffer = Buffer.from('');
  let bounces = 0;
  await using place = await placeWith(({ path }) => {
    // What nobody has asked for by its right name is not there.
    const part = partOf(one, path, bounces) ?? head('404 Not Found', ['Content-Length: 0']);
    if (part.includes('swsbounce')) bounces += 1;
    reply = withLineEnds(Buffer.from(part.replaceAll('%HOSTIP:%HTTPPORT', `127.0.0.1:${place.server.port}`), 'latin1'));
    return [{ send: reply }, { end: true }];
  });
  const [url = ''] = restOf(one.args);
  const host = `127.0.0.1:${place.server.port}`;
  // What curl unfolds by rules of its own is asked for as curl asks.
  const [, target = ''] = /^GET (\S+) /.exec(one.expect.requests) ?? [];
  const address = /[[{]/.test(url)
    ? `http://${host}${target.replaceAll('\\', '%5C')}`
    : url.replace('%HOSTIP:%HTTPPORT', host);
  const trial = await runTrial(address, place.folder, { retries: 0, timeoutMs: 3_000, output: 'file.bin' });
  return { trial, reply };
}

const sha256 = (bytes: Buffer | null) =>
  createHash('sha256')
    .update(bytes ?? '')
    .digest('hex')
    .slice(0, 16);

/** What a reply has after its head: its chunks joined, or as much as its length says. */
function bodyOf(reply: Buffer): Buffer {
  const raw = reply.toString('latin1');
  const [top = ''] = headOf.exec(raw) ?? [];
  const [last = ''] = top.split('\r\n\r\n').slice(-2);
  let rest = raw.slice(top.length);
  const length = /^content-length:\s*(\d+)/im.exec(last)?.[1];
  if (!/^transfer-encoding:\s*chunked/im.test(last))
    return Buffer.from(rest.slice(0, Number(length ?? rest.length)), 'latin1');
  let body = '';
  for (let size = 1; size > 0; ) {
    const [line = ''] = /^[^\n]*\n/.exec(rest) ?? [];
    size = Number.parseInt(line, 16) || 0;
    body += rest.slice(line.length, line.length + size);
    rest = rest.slice(line.length + size).replace(/^\r?\n/, '');
  }
  return Buffer.from(body, 'latin1');
}

function expectBody({ trial, reply }: Awaited<ReturnType<typeof replay>>, { expect: wanted }: CurlCase): void {
  expect([trial.ended, trial.message]).toEqual(['done', '']);
  // Where the case does not say what the body is, its reply does.
  expect(sha256(trial.file)).toBe(wanted.bodySha256_16 ?? sha256(bodyOf(reply)));
  if (wanted.bodyLength !== undefined) expect(trial.file).toHaveLength(wanted.bodyLength);
}

describe.runIf(plain.length > 0)("curl's own replies", () => {
  const failing = plain.filter(({ expect: { curlExit } }) => curlExit !== 0);
  const passing = plain.filter(({ expect: { curlExit } }) => curlExit === 0);
  const kindOf = ({ id }: CurlCase) => argued[id]?.[0] ?? null;
  const named = (some: readonly CurlCase[]) => some.map((one) => [one.id, one.name, one] as const);

  it.each(named(failing.filter((one) => kindOf(one) === null)))('56 %i must fail: %s', async (_id, _name, one) => {
    const { trial } = await replay(one);
    expect([trial.ended === 'done', trial.file]).toEqual([false, null]);
  });

  it.each(named(passing.filter((one) => kindOf(one) === null)))('55 %i must pass: %s', async (_id, _name, one) => {
    expectBody(await replay(one), one);
  });

  it.each(named(passing.filter((one) => kindOf(one) !== null)))(
    '55 %i is refused, as argued: %s',
    async (_id, _name, one) => {
      const { trial } = await replay(one);
      expect(trial.file).toBeNull();
      expect(['protocol', 'http-status']).toContain(trial.ended);
      expect(trial.message).toMatch(/[.?]$/);
    },
  );

  it.each(named(failing.filter((one) => kindOf(one) !== null)))(
    '56 %i is taken, as argued: %s',
    async (_id, _name, one) => {
      expectBody(await replay(one), one);
    },
  );

  it('55 are so many, and so many of them end as with curl', () => {
    const count = (kind: string) => passing.filter((one) => kindOf(one) === kind).length;
    const alike = passing.filter((one) => kindOf(one) === null).length;
    const [refusals, listed, ours] = [count('refusal'), count('list'), count('ours')];
    expect({ failing: failing.length, passing: passing.length, alike, refusals, listed, ours }).toEqual({
      failing: 28,
      passing: 96,
      alike: 79,
      refusals: 4,
      listed: 11,
      ours: 2,
    });
    // Of all that curl takes 82 %. Without what is no file, and what the list of faults wants refused, 97 %:
    // with the line ends that HTTP has (above), which so many heads do not have as they lie.
    expect(passing.filter(({ parts }) => Object.values(parts).some(hasBareLineEnds))).toHaveLength(46);
    expect(alike / (passing.length - refusals - listed)).toBeGreaterThanOrEqual(0.95);
    expect(
      Object.keys(argued)
        .map(Number)
        .filter((id) => !plain.some((one) => one.id === id)),
    ).toEqual([]);
  });
});
