'use strict';

/**
 * Collects garbage that has grown old, before V8 would: it lets 8 MiB of it
 * pile up at least, whatever it is told to grow by, and with many connections
 * a download makes as much in a second. To collect a heap as small as this
 * takes 6 to 20 ms.
 */
const { getHeapSpaceStatistics, setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');

const LOOK_MS = 50;
/** What has grown by so much since it was least holds enough garbage. */
const MOST_GROWTH = 1.1;
/** Larger ones take longer, and V8 collects them bit by bit, bytes. */
const LARGEST = 16 * 1024 * 1024;

/** Bytes in use by what has outlived two collections of the young. */
function usedByOld() {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space')?.space_used_size ?? 0;
}

/** Node offers it under a flag only, to contexts that are made then. */
function makeCollector() {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  return collect;
}

/** @returns what is to be called now and then, to look how much there is */
function lookout(used = usedByOld, makeCollect = makeCollector) {
  let collect = null;
  let least = Number.POSITIVE_INFINITY;
  return () => {
    const now = used();
    least = Math.min(least, now);
    if (now <= least * MOST_GROWTH || now > LARGEST) return;
    collect ??= makeCollect();
    collect();
    least = used();
  };
}

/** Looks from now on, as long as the process lives for other reasons. */
function watch() {
  setInterval(lookout(), LOOK_MS).unref();
}

module.exports = { lookout, watch };
