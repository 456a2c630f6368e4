import { describe, expect, it } from 'vitest';
import { readHeaders } from '../../../src/adapters/http/raw-headers.ts';

describe('header fields of an answer', () => {
  const raw = ['Location', '/a', 'LOCATION', '/b', 'ETag', '"v1"'];

  it('are found by their name in lower case, every one of them, in order', () => {
    const headers = readHeaders(raw, {});
    expect(headers.all('location')).toEqual(['/a', '/b']);
    expect(headers.get('location')).toBe('/a, /b');
    expect(headers.toObject()).toEqual({ location: '/a, /b', etag: '"v1"' });
  });

  it('that are not there are none, and no empty ones', () => {
    const headers = readHeaders(['etag', ''], {});
    expect([headers.all('location'), headers.get('location')]).toEqual([[], null]);
    expect([headers.all('etag'), headers.get('etag')]).toEqual([[''], '']);
  });

  it('are read as ISO-8859-1, as bytes or as text', () => {
    const bytes = ['x-name', '\u00e9'].map((text) => Buffer.from(text, 'latin1'));
    expect(readHeaders(bytes, {}).get('x-name')).toBe('\u00e9');
    expect(readHeaders(['x-name', '\u00e9'], {}).get('x-name')).toBe('\u00e9');
  });

  it('are taken from the raw list where there is one; a name without a value is none', () => {
    expect(readHeaders(raw, { etag: '"other"' }).get('etag')).toBe('"v1"');
    expect(readHeaders([...raw, 'x-cut'], {}).get('x-cut')).toBeNull();
    expect(readHeaders([], { etag: '"other"' }).toObject()).toEqual({});
  });

  it('are taken as they were parsed where there is no raw list', () => {
    const headers = readHeaders(null, { Location: ['/a', '/b'], etag: '"v1"', 'x-none': undefined });
    expect(headers.toObject()).toEqual({ location: '/a, /b', etag: '"v1"' });
  });
});
