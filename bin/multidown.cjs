#!/usr/bin/env node
'use strict';

// Plain old syntax on purpose: a Node that is too old must get far enough to say so.
var manifest = require('../package.json');
var fs = require('fs');
var path = require('path');

/** "^22.1.2 || >=26": any part may match; only the forms ^a.b.c and >=a.b.c (b and c may be left out) are known. */
function satisfies(version, wanted) {
  var have = numbers(version);
  return wanted.split('||').some((part) => {
    var least = numbers(part);
    var sameMajor = part.indexOf('^') === -1 || have[0] === least[0];
    return sameMajor && compare(have, least) >= 0;
  });
}

function numbers(text) {
  var parts = text.replace(/^[^0-9]*/, '').split('.');
  return [0, 1, 2].map((at) => parseInt(parts[at], 10) || 0);
}

function compare(a, b) {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

function giveUp(sentence) {
  process.stderr.write(sentence + '\n');
  process.exitCode = 1;
}

/**
 * Writes to one file wait for each other in any case: one thread that writes and
 * one that syncs are quicker than four that stand in each other's way.
 */
function writeOnTwoThreads() {
  process.env.UV_THREADPOOL_SIZE = process.env.UV_THREADPOOL_SIZE || '2';
}

/** A start makes more garbage than what comes after it, milliseconds. */
var START_MS = 250;

/**
 * What V8 should know of downloads. Not before the first turn of the event loop,
 * when all has been loaded: Node's own compiled code is not taken under other
 * flags, and neither would be ours, which is kept at the end.
 *
 * - They make little garbage, but for hours: memory is collected often, instead
 *   of much of it. The start makes more, so its youngest part must not grow then;
 *   and the rest is left alone for a while. With TLS it is left alone for good:
 *   what OpenSSL keeps outside of the heap would count as growth, and start the
 *   collector without end.
 * - Their bytes pass through the system, not through JavaScript: what the best
 *   compilers take and keep is more than they bring.
 */
function tuneEngine() {
  var engine = require('v8');
  var isSecure = process.argv.some((word) => /^https:/i.test(word));
  var usual = [];
  var set = (flag, otherwise) => {
    engine.setFlagsFromString(flag);
    usual.push(otherwise);
  };
  // Before code is kept: listeners are called in their order.
  process.on('exit', () => {
    usual.forEach((flag) => {
      engine.setFlagsFromString(flag);
    });
  });
  setImmediate(() => {
    if (isSecure) require('tls');
    set('--semi-space-growth-factor=1', '--semi-space-growth-factor=2');
    set('--no-turbofan', '--turbofan');
    if (!isSecure) set('--no-maglev-inlining', '--maglev-inlining');
    set('--no-wasm-tier-up', '--wasm-tier-up');
    set('--no-wasm-dynamic-tiering', '--wasm-dynamic-tiering');
  });
  if (isSecure) return;
  // Now: later there may be no file handle left to load it with.
  var garbage = require('./old-garbage.cjs');
  setTimeout(() => {
    set('--heap-growing-percent=20', '--heap-growing-percent=0');
    garbage.watch();
  }, START_MS).unref();
}

var main = path.join(__dirname, '..', 'dist', 'cli', 'main.cjs');

if (!satisfies(process.versions.node, manifest.engines.node)) {
  giveUp('multidown needs Node ' + manifest.engines.node + ', and this is Node ' + process.versions.node + '.');
} else if (!fs.existsSync(main)) {
  giveUp('multidown has not been built yet: run "npm run build" first.');
} else {
  tuneEngine();
  writeOnTwoThreads();
  require('./kept-code.cjs').load(main);
}
