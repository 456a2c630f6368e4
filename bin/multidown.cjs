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

/** Compiled code is kept for the next start, where nobody else can write. It is an advantage, never a need. */
function keepCompiledCode() {
  var caches;
  try {
    caches = process.env.XDG_CACHE_HOME || path.join(require('os').homedir(), '.cache');
    require('module').enableCompileCache(path.join(caches, 'multidown', 'compiled'));
  } catch {
    // A little slower, then.
  }
}

/**
 * Writes to one file wait for each other in any case: one thread that writes and
 * one that syncs are quicker than four that stand in each other's way.
 */
function writeOnTwoThreads() {
  process.env.UV_THREADPOOL_SIZE = process.env.UV_THREADPOOL_SIZE || '2';
}

/**
 * Memory that is collected often, instead of much of it: a download makes little
 * garbage, but for hours. Not at the start, which makes much at once; and
 * not at the end, when compiled code is kept: with other flags it would not be taken.
 * What TLS keeps outside of the heap would count as growth, and start the collector without end.
 */
function keepMemorySmall() {
  var set = (flag) => require('v8').setFlagsFromString(flag);
  var isSecure = process.argv.some((word) => /^https:/i.test(word));
  setTimeout(() => {
    set('--semi-space-growth-factor=1');
    if (!isSecure) set('--heap-growing-percent=20');
    process.on('exit', () => {
      set('--semi-space-growth-factor=2');
      set('--heap-growing-percent=0');
    });
  }, 100).unref();
}

var main = path.join(__dirname, '..', 'dist', 'cli', 'main.cjs');

if (!satisfies(process.versions.node, manifest.engines.node)) {
  giveUp('multidown needs Node ' + manifest.engines.node + ', and this is Node ' + process.versions.node + '.');
} else if (!fs.existsSync(main)) {
  giveUp('multidown has not been built yet: run "npm run build" first.');
} else {
  keepCompiledCode();
  keepMemorySmall();
  writeOnTwoThreads();
  require('../dist/cli/main.cjs');
}
