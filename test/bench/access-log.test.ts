import { expect, test } from 'vitest';
import { parseLog, trafficOf } from '../../bench/access-log.ts';

const log = `206\t1000\t1000\t0.010\t1\tbytes=0-999
206\t600000\t1000000\t2.000\t2\tbytes=1000-
206\t65536\t1000000\t2.000\t3\tbytes=0-
206\t65536\t1000000\t0.001\t3\tbytes=0-
416\t197\t197\t0.000\t3\tbytes=9-
`;

test('a line is read field by field', () => {
  expect(parseLog(log)[1]).toEqual({
    status: 206,
    sent: 600_000,
    promised: 1_000_000,
    seconds: 2,
    connection: '2',
    range: 'bytes=1000-',
  });
});

test('what a run asked for is added up', () => {
  const traffic = trafficOf(parseLog(log));
  expect(traffic).toMatchObject({ requests: 5, connections: 3, sent: 732_269 });
});

test('cut short is not unread: unread is little sent in a long time', () => {
  expect(trafficOf(parseLog(log))).toMatchObject({ cut: 3, unread: 1 });
});

test('what the server would not take is counted', () => {
  const line = (status: number) => `${status}\t197\t197\t0.000\t3\tbytes=9-`;
  expect(trafficOf(parseLog([206, 429, 503, 404, 503].map(line).join('\n')))).toMatchObject({ refused: 3 });
});

test('an empty log is no traffic', () => {
  expect(trafficOf(parseLog(''))).toEqual({ requests: 0, connections: 0, sent: 0, cut: 0, unread: 0, refused: 0 });
});
