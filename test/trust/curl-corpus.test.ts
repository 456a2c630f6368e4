/** Replies that curl's own tests serve, byte by byte: what must fail is refused, what must pass is right. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sharedData } from '../support/shared-data.ts';
import { placeWith } from '../support/trial.ts';

interface CurlCase {
  readonly id: number;
  readonly name: string;
  readonly option: string;
  readonly args: readonly string[];
  readonly parts: Readonly<Record<string, string>>;
  readonly expect: { readonly curlExit: number; readonly bodySha256_16?: string; readonly bodyLength?: number };
}

const text = sharedData('curl-http-cases.json');
const cases: readonly CurlCase[] = text === null ? [] : JSON.parse(text).cases;
if (text === null) console.log("curl's cases are not here: they were not replayed.");

/** One address and nothing else: what any downloader is asked to do. */
const plain = cases.filter(
  ({ args, option, parts }) =>
    option === '' && args.length === 1 && /^http:\/\/\S+\d$/.test(args[0] ?? '') && parts['0'] !== undefined,
);

/** Where curl refuses and we need not, or the other way about, and why. */
const argued: Readonly<Record<number, string>> = {
  1425: 'curl refuses to write bytes to a terminal; a file is no terminal',
  151: 'status 401: curl writes down what a refusal says, a downloader does not',
  334: 'status 204: there is no file',
  1466: 'status 405: as 151',
  365: 'a length beside chunks is refused, as RFC 9112, section 6.3, advises: it is how answers are smuggled',
  395: 'a length beyond 2^63: curl ignores it, undici refuses it',
  767: 'two lengths, although equal: undici refuses them',
  770: 'a list of equal lengths: as 767',
  1473: 'a head that begins with white space: undici refuses it, as RFC 9112, section 2.2, allows',
};

/**
 * Most of the heads have bare line feeds, as they lie in curl's files. We refuse
 * those (fault 61): what else is in them is tried with the line ends that HTTP has.
 */
function withLineEnds(reply: Buffer): Buffer {
  const raw = reply.toString('latin1');
  // Those of answers that come before the answer, too.
  const [head = ''] = /^(?:HTTP\/\S+ 1\d\d[\s\S]*?\n\r?\n)*[\s\S]*?\n\r?\n/.exec(raw) ?? [''];
  return Buffer.from(head.replaceAll(/\r?\n/g, '\r\n') + raw.slice(head.length), 'latin1');
}

async function replay({ parts }: CurlCase) {
  const reply = withLineEnds(Buffer.from(parts['0'] ?? '', 'base64'));
  await using place = await placeWith(() => [{ send: reply }, { end: true }]);
  return await place.run({ retries: 0, timeoutMs: 3_000, output: 'file.bin' });
}

const sha256 = (bytes: Buffer | null) =>
  createHash('sha256')
    .update(bytes ?? '')
    .digest('hex')
    .slice(0, 16);

describe.runIf(plain.length > 0)("curl's own replies", () => {
  const mustFail = plain.filter(({ id, expect: { curlExit } }) => curlExit !== 0 && argued[id] === undefined);
  const mustPass = plain.filter(({ id, expect: { curlExit } }) => curlExit === 0 && argued[id] === undefined);

  it.each(mustFail.map((one) => [one.id, one.name, one] as const))('56 %i must fail: %s', async (_id, _name, one) => {
    const trial = await replay(one);
    expect([trial.ended === 'done', trial.file]).toEqual([false, null]);
  });

  it.each(mustPass.map((one) => [one.id, one.name, one] as const))('55 %i must pass: %s', async (_id, _name, one) => {
    const trial = await replay(one);
    expect(trial.message).toBe('');
    if (one.expect.bodySha256_16 !== undefined) expect(sha256(trial.file)).toBe(one.expect.bodySha256_16);
    if (one.expect.bodyLength !== undefined) expect(trial.file).toHaveLength(one.expect.bodyLength);
  });
});
