/** Structured fields that others wrote, with the parse that each should give: what a digest field may hold besides digests. */
import { describe, expect, it } from 'vitest';
import { digestsOf } from '../../src/machines/digest-fields.ts';
import { sharedData } from '../support/shared-data.ts';

interface Case {
  readonly name: string;
  readonly raw: readonly string[];
  readonly header_type: 'item' | 'dictionary';
  readonly must_fail?: boolean;
  readonly can_fail?: boolean;
}

const texts = ['binary', 'dictionary', 'item'].map((name) => sharedData(`structured-fields/${name}.json`));
const cases: readonly Case[] = texts.flatMap((text) => (text === null ? [] : JSON.parse(text)));

const digest = { algorithm: 'sha256', hex: '07'.repeat(32) };
const member = `sha-256=:${Buffer.alloc(32, 7).toString('base64')}:`;

/** A field with a digest in it and the case, in either order. */
function fieldsWith({ raw, header_type }: Case): readonly string[] {
  const own = header_type === 'item' ? `x=${raw.join(', ')}` : raw.join(', ');
  return own === '' ? [member] : [`${own}, ${member}`, `${member}, ${own}`];
}

const read = (field: string) => digestsOf(200, { 'repr-digest': field });

/** Values of a digest field are byte sequences (RFC 9530, section 2): with any other one it is none. */
const isOfBytes = ({ raw }: Case) => raw.every((line) => /^(?:[^=,]+=:[^,]*:,?)*$|^:[^,]*:$/.test(line));

/** The case with byte sequences for its numbers. */
const withBytes = (one: Case): Case => ({
  ...one,
  raw: one.raw.map((line) => line.replaceAll(/(?<==\s*)\d/g, ':AAAA:')),
});

/** RFC 9110, section 5.6.1.2 has recipients overlook empty members, and what is left of them is sound. */
const tolerated = ['trailing comma dictionary', 'empty item dictionary'];

describe.runIf(cases.length > 0)('a digest field beside which stands', () => {
  const broken = cases.filter((one) => one.must_fail === true);
  const sound = cases.filter((one) => one.must_fail !== true);
  const named = (some: readonly Case[]) => some.map((one) => [one.name, one] as const);

  it.each(named(broken))('179 what must fail is no digest: %s', (_, one) => {
    expect(fieldsWith(one).map(read)).toEqual([[], []]);
  });

  it.each(named(sound.filter(isOfBytes)))('179 a sound byte sequence is one: %s', (_, one) => {
    for (const field of fieldsWith(one)) expect([field, read(field)]).toEqual([field, [digest]]);
  });

  it.each(named(sound.filter((one) => !isOfBytes(one))))('179 something else than bytes is none: %s', (_, one) => {
    for (const field of fieldsWith(one)) expect([field, read(field)]).toEqual([field, []]);
  });

  const ofNumbers = cases.filter(({ header_type, raw }) => header_type === 'dictionary' && /=\s*\d/.test(raw.join()));
  const written = ofNumbers.map(withBytes);

  it.each(named(written.filter((one) => one.must_fail !== true && isOfMembers(one))))(
    '179 a dictionary that is written so is one: %s',
    (_, one) => {
      for (const field of fieldsWith(one)) expect([field, read(field)]).toEqual([field, [digest]]);
    },
  );

  it.each(named(written.filter((one) => one.must_fail === true)))(
    '179 a dictionary that is written so is none, but for empty members: %s',
    (name, one) => {
      const wanted = tolerated.includes(name) ? [digest] : [];
      for (const field of fieldsWith(one)) expect([field, read(field)]).toEqual([field, wanted]);
    },
  );

  it('179 each of them was looked at', () => {
    expect([broken.length, sound.filter(isOfBytes).length, sound.length]).toEqual([20, 6, 26]);
  });
});

/** Each member has bytes, and nothing but bytes. */
function isOfMembers({ raw }: Case): boolean {
  return raw
    .join()
    .split(',')
    .every((one) => /^\s*\w+=:AAAA:\s*$/.test(one));
}
