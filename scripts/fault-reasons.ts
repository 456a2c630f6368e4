const http2 = 'multidown speaks HTTP/1.1 only; waits for HTTP/2.';
const cookies = 'multidown has no cookies; waits for them.';
const netrc = 'multidown reads no netrc; waits for it.';
const proxies = 'multidown uses no proxy; waits for them.';

/** Why a fault has no test: what it is about does not exist, or is somebody else's to show. */
export const reasons: Readonly<Record<number, string>> = {
  71: http2,
  89: 'multidown has no such option: credentials never leave the host they were given for (87).',
  90: cookies,
  91: cookies,
  92: cookies,
  93: netrc,
  94: netrc,
  95: netrc,
  96: 'credentials are sent with the first request; a refusal of them ends the download (181); digest authentication waits.',
  97: proxies,
  98: proxies,
  99: proxies,
  100: proxies,
  101: proxies,
  102: proxies,
  125: 'multidown sets no extended attributes and no modification times.',
  150: 'a measurement, not a test: the row "checkpointing" of `npm run bench`.',
  186: 'multidown has no limit for the size of a file; the free space is checked before the first byte (119).',
  189: 'multidown has no hooks.',
};

/** What the tests of a fault leave out of its line, and why. */
export const leftOut: Readonly<Record<number, string>> = {
  75: 'there is no option that pins a certificate; the same trust decision is made for each connection.',
};
