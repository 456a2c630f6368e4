import { describe, expect, it } from 'vitest';
import { sortCredentials } from '../../../src/adapters/http/credentials.ts';

const address = 'http://h.test/a';
const basic = (pair: string) => ['authorization', `Basic ${Buffer.from(pair).toString('base64')}`];

describe('sortCredentials', () => {
  it.each([
    'Authorization',
    'PROXY-AUTHORIZATION',
    'cookie',
    'X-Token-Of-Mine',
    'My-Secret',
    'X-Api-Key',
    'apikey',
    'X-Auth',
    'X-Auth-User',
    'session-id',
  ])('88 keeps %s for the first host', (name) => {
    expect(sortCredentials(address, [[name, 'x']])).toMatchObject({ plain: [], secret: [[name, 'x']] });
  });

  it.each(['Accept', 'Referer', 'X-Cookie', 'Cookie2', 'X-Plain', 'User-Agent', 'X-Api-Version'])(
    '88 sends %s to every host',
    (name) => {
      expect(sortCredentials(address, [[name, 'x']])).toMatchObject({ plain: [[name, 'x']], secret: [] });
    },
  );

  it.each([
    ['user:pw', 'user:pw'],
    ['user', 'user:'],
    [':pw', ':pw'],
    ['us%20er:p%3Aw', 'us er:p:w'],
    ['us%er:p%w', 'us%er:p%w'],
  ])('84 makes a field of %s in the URL, and takes it out of there', (userinfo, pair) => {
    const { url, secret } = sortCredentials(`http://${userinfo}@h.test/a?b#c`, [['X-Plain', 'x']]);
    expect(secret).toEqual([basic(pair)]);
    expect(url.href).toBe('http://h.test/a?b');
  });

  it('84 makes none where there is nothing in the URL', () => {
    expect(sortCredentials('http://@h.test/a', []).secret).toEqual([]);
  });

  it.each(['Authorization', 'AUTHORIZATION'])('84 leaves a name in the URL aside where %s is given', (name) => {
    for (const others of [[], [['X-Plain', 'x'] as const]]) {
      const { url, secret } = sortCredentials('http://user:pw@h.test/a', [...others, [name, 'Bearer mine']]);
      expect(secret).toEqual([[name, 'Bearer mine']]);
      expect(url.href).toBe(address);
    }
  });

  it('84 does not take a field that is merely called alike for one that is given', () => {
    for (const name of ['Proxy-Authorization', 'Authorization-Hint']) {
      const { secret } = sortCredentials('http://user:pw@h.test/a', [[name, 'x']]);
      expect(secret).toEqual([[name, 'x'], basic('user:pw')]);
    }
  });
});
