/** Replies that curl's own tests serve, byte by byte: what must fail is refused, what must pass is right. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DownloadError } from '../../src/download-error.ts';
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
const afterwards: Readonly<Record<string, number>> = Object.fromEntries([
  ...['-L', '--location', '-O', '-J', '-JO', '-OJ', '-OJR', '--remote-time', '--xattr'].map((one) => [one, 0]),
  ...['-s', '-sS', '--silent', '--show-error', '-i', '--show-headers', '--no-include', '--raw'].map((one) => [one, 0]),
  ...['-f', '--fail', '--fail-with-body', '--remove-on-error', '--no-clobber', '--create-dirs'].map((one) => [one, 0]),
  ...['--http0.9', '--no-http0.9', '--retry-all-errors'].map((one) => [one, 0]),
  ...['-w', '-D', '-o', '--output-dir', '--etag-save', '-c', '--max-redirs'].map((one) => [one, 1]),
  ...['--retry', '--retry-delay', '--retry-max-time', '-m', '--max-time'].map((one) => [one, 1]),
]);

/** What is left of a command line: its addresses, and options that change the request. */
function restOf(args: readonly string[]): readonly string[] {
  const [first, ...others] = args;
  if (first === undefined) return [];
  const words = first.startsWith('--output-dir=') ? 0 : afterwards[first];
  return words === undefined ? [first, ...restOf(others)] : restOf(others.slice(words));
}

const textOf = (part: string | undefined) => Buffer.from(part ?? '', 'base64').toString('latin1');
const targetsOf = ({ expect: { requests } }: CurlCase) =>
  [...requests.matchAll(/^GET (\S+) HTTP/gm)].map(([, target = '']) => target);
const urlOf = ({ args }: CurlCase) => restOf(args)[0] ?? '';
const has =
  (...options: readonly string[]) =>
  ({ args }: CurlCase) =>
    restOf(args).some((word) => options.includes(word));

/** Why a case is no plain GET of one file. The first that holds counts. */
const leftOut: Readonly<Record<string, (one: CurlCase) => boolean>> = {
  'by a proxy': (one) =>
    has('-x', '--proxy', '-U', '--proxy-user', '--noproxy')(one) || /^\w+:/.test(targetsOf(one)[0] ?? ''),
  'with credentials that no address has': has('-u', '--netrc', '--netrc-optional'),
  'with cookies of former runs': has('-b'),
  'with fields of the user': has('-H', '--referer'),
  'for a range, or on a condition': has('-r', '-C', '--continue-at', '-z', '--etag-compare'),
  'for a compressed answer': has('--compressed', '--tr-encoding'),
  'with a bound that we do not have': (one) =>
    has('--max-filesize', '--ignore-content-length')(one) || restOf(one.args).some((word) => /^--max-f.*=/.test(word)),
  'by HTTP/1.0, or with a path that no URL has': has('-0', '--path-as-is'),
  'for several files': (one) => restOf(one.args).length > 1 || (/[[{]/.test(urlOf(one)) && targetsOf(one).length > 1),
  'over another protocol': (one) => /^(?!http)\w+:\/\//.test(urlOf(one)),
  'for nothing: no GET goes out': (one) => targetsOf(one).length === 0,
  'for a redirect to another host, which is not followed': ({ id }) => id === 1270,
};
const leftOutFor = (one: CurlCase) => Object.keys(leftOut).find((why) => leftOut[why]?.(one)) ?? null;

/** One address, asked for as any downloader would. */
const plain = cases.filter((one) => leftOutFor(one) === null);

/**
 * Where we do otherwise than curl, and why. `refusal`: what came is no file but
 * says why there is none, and curl writes that down. `list`: the list of faults
 * wants it refused. `ours`: it would be right to take it, and we do not.
 * `elsewhere`: curl refuses, and not for the answer's sake.
 */
const argued: Readonly<Record<number, readonly [kind: 'refusal' | 'list' | 'ours' | 'elsewhere', why: string]>> = {
  54: ['refusal', 'status 302 with an empty Location: it leads nowhere'],
  151: ['refusal', 'status 401'],
  334: ['refusal', 'status 204: there is no file'],
  366: ['refusal', 'status 503, and no time for another try'],
  473: ['refusal', 'status 301, which is not followed; where it leads is nothing'],
  1029: ['refusal', 'status 301: as 473'],
  1159: ['refusal', 'status 301, which is not followed; it leads to ht3p'],
  1466: ['refusal', 'status 405'],
  1487: ['refusal', 'status 301 without a Location'],
  66: ['list', '63: an answer without a head; curl takes it by --http0.9'],
  1164: ['list', '63: as 66'],
  1266: ['list', '63: as 66'],
  1267: ['list', '63: as 66'],
  319: ['list', '57: the coding "gobbledigook"; curl writes it as it is, by --raw'],
  365: ['list', '58: a length beside chunks is how answers are smuggled (RFC 9112, section 6.3)'],
  395: ['list', '49: a length beyond 2^63, which curl ignores'],
  1473: ['list', '60: a head that begins with white space (RFC 9112, section 2.2)'],
  1090: ['list', '65: as 1116'],
  1116: ['list', '65: chunks whose lines end with a bare line feed'],
  693: ['list', '65: as 1116'],
  1417: ['list', '65: as 1116'],
  1274: ['list', '60: a header line that begins with white space, to go on with the one before'],
  1482: ['list', '57: the coding "chunked, chunked"'],
  1483: ['list', '57: as 1482, in two fields'],
  1493: ['list', '57: the coding "identity, chunked"'],
  1494: ['list', '57, 58: the coding "identity", beside a length'],
  767: ['ours', 'two lengths, although equal: undici refuses them'],
  770: ['ours', 'a list of equal lengths: as 767'],
  1143: ['ours', 'an address with one slash, http:/host: it is refused as one without a host'],
  29: ['elsewhere', 'time runs out while the server waits, which the data does not say'],
  1425: ['elsewhere', 'curl refuses to write bytes to a terminal; a file is no terminal'],
  3009: ['elsewhere', 'curl makes no folders'],
  3036: ['elsewhere', 'a file is there already'],
};

/** Those of answers that come before the answer, too. */
const headOf = /^(?:HTTP\/\S+ 1\d\d[\s\S]*?\n\r?\n)*[\s\S]*?\n\r?\n/;

/**
 * Curl's server sends many heads with bare line feeds (`<data>` without `crlf`),
 * and curl takes them. We refuse those (fault 61), as undici's parser does and has
 * no option not to: what else is in them is tried with the line ends that HTTP has.
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

/** The first request gets part 0, as does a path whose last number is the case's; four more digits name another one. */
function partOf(one: CurlCase, path: string, bounces: number): string | null {
  const [number = ''] = /\d+(?=\D*$)/.exec(path) ?? [];
  const isNumbered = number.startsWith(String(one.id));
  if (!isNumbered && path !== targetsOf(one)[0]) return null;
  const named = isNumbered ? number.slice(String(one.id).length) : '';
  const part = one.parts[named === '' ? String(bounces) : String(Number(named))];
  return part === undefined ? null : textOf(part);
}

/** What is wrong with an address is said before there is a download. */
function refusedAtOnce(error: unknown): Trial {
  if (!(error instanceof DownloadError)) throw error;
  return { ended: error.code, result: null, message: error.message, file: null, warnings: [], events: [] };
}

/** How it ended, and the last reply that was sent. */
async function replay(one: CurlCase, lineEnds = withLineEnds): Promise<{ trial: Trial; reply: Buffer }> {
  let reply: Buffer = Buffer.from('');
  let bounces = 0;
  await using place = await placeWith(({ path }) => {
    // What nobody has asked for by its right name is not there.
    const part = partOf(one, path, bounces) ?? head('404 Not Found', ['Content-Length: 0']);
    if (part.includes('swsbounce')) bounces += 1;
    reply = lineEnds(Buffer.from(part.replaceAll('%HOSTIP:%HTTPPORT', `127.0.0.1:${place.server.port}`), 'latin1'));
    return [{ send: reply }, { end: true }];
  });
  const host = `127.0.0.1:${place.server.port}`;
  const [target = ''] = targetsOf(one);
  // What curl unfolds or completes by rules of its own is asked for as curl asks.
  const url = urlOf(one).replace(/^(?!http:)/, 'http://');
  const address = /[[{]/.test(url)
    ? `http://${host}${target.replaceAll('\\', '%5C')}`
    : url.replace('%HOSTIP:%HTTPPORT', host);
  // Where curl limits the time for tries, the server asks for more.
  const retries = one.args.includes('--retry') && !one.args.includes('--retry-max-time') ? 1 : 0;
  const trial = await runTrial(address, place.folder, { retries, timeoutMs: 3_000 }).catch(refusedAtOnce);
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
      expect(['protocol', 'http-status', 'redirect-refused', 'invalid-url']).toContain(trial.ended);
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
    const count = (some: readonly CurlCase[], kind: string | null) => some.filter((one) => kindOf(one) === kind).length;
    const mustFail = { all: failing.length, refused: count(failing, null), elsewhere: count(failing, 'elsewhere') };
    const right = count(passing, null);
    const arguedFor = {
      refusal: count(passing, 'refusal'),
      list: count(passing, 'list'),
      ours: count(passing, 'ours'),
    };
    const bare = passing.filter(({ parts }) => Object.values(parts).some(hasBareLineEnds)).length;
    const shareOf = (most: number) => `${((100 * right) / most).toFixed(1)} %`;
    const owed = passing.length - arguedFor.refusal - arguedFor.list;
    console.info(
      `curl's corpus: ${plain.length} plain GETs of ${cases.length} cases. ${mustFail.all} must fail: ${mustFail.refused} refused, ` +
        `${mustFail.elsewhere} argued. ${passing.length} must pass: ${right} right (${shareOf(passing.length)}), argued ` +
        `${JSON.stringify(arguedFor)}; ${shareOf(owed)} of the ${owed} that are files and that the list of faults leaves. ` +
        `${bare} of them have bare line feeds in their heads, which we refuse: they were tried with CRLF.`,
    );
    expect({ mustFail, passing: passing.length, right, ...arguedFor, bare }).toEqual({
      mustFail: { all: 43, refused: 39, elsewhere: 4 },
      passing: 159,
      right: 130,
      refusal: 9,
      list: 17,
      ours: 3,
      bare: 70,
    });
    expect(right / owed).toBeGreaterThanOrEqual(0.95);
    const ids = new Set(plain.map(({ id }) => id));
    expect(Object.keys(argued).filter((id) => !ids.has(Number(id)))).toEqual([]);
  });

  it('that have bare line feeds are refused as they are, with a sentence that says so', async () => {
    const right = passing.filter((one) => kindOf(one) === null && Object.values(one.parts).some(hasBareLineEnds));
    for (const one of right) {
      const { trial } = await replay(one, (reply) => reply);
      expect([one.id, trial.ended, trial.file]).toEqual([one.id, 'protocol', null]);
      expect(trial.message).toMatch(/missing expected CR/);
    }
  });

  it('55 are all that are plain GETs: of each other one it is known why it is none', () => {
    const why = cases.flatMap((one) => leftOutFor(one) ?? []);
    const counts = Object.fromEntries(
      Object.keys(leftOut).map((rule) => [rule, why.filter((one) => one === rule).length]),
    );
    expect(counts).toEqual({
      'by a proxy': 76,
      'with credentials that no address has': 13,
      'with cookies of former runs': 12,
      'with fields of the user': 16,
      'for a range, or on a condition': 31,
      'for a compressed answer': 22,
      'with a bound that we do not have': 6,
      'by HTTP/1.0, or with a path that no URL has': 2,
      'for several files': 31,
      'over another protocol': 7,
      'for nothing: no GET goes out': 6,
      'for a redirect to another host, which is not followed': 1,
    });
    expect(plain.length + why.length).toBe(425);
  });
});
