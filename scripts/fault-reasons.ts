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
  21: 'there is no strict mode: a length that is not proved is told, and a digest proves the bytes.',
  74: 'no list of revoked certificates is asked for, and there is no option for it; connections through CONNECT and SOCKS wait for proxies.',
  75: 'there is no option that pins a certificate; the same trust decision is made for each connection.',
  96: 'digest authentication waits, and with it the nonce that is stale.',
  103: 'another proxy waits for proxies; every download has connections of its own, so no other setting is met on them.',
  121: 'nothing is ever set aside beforehand: the free space is looked at, and the file grows as it is written.',
  185: 'a speed per host: a download has one source, and a limit for all its connections. How many connections a host gets is 184 and 187.',
  187: 'there are no lists of addresses; 1,000 at once are among the long tests only.',
  188: 'there are no lists of addresses that could carry anything.',
  195: '`npm audit` asks the registry, whose answer changes without us; provenance is made where a package is published, and none has been.',
};
