'use strict';

/**
 * Loads the command's files with the code that V8 made of them in former runs.
 *
 * Node's own compile cache (`module.enableCompileCache`) keeps what a file is
 * when it has just been compiled: without the functions in it, which are
 * compiled one by one when they are first called. They are a fifth of the time
 * that a small file takes. So the code is kept as it is at the end of a run.
 *
 * It is an advantage, never a need: whatever is wrong with it, it is made anew.
 */
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const { createRequire } = require('node:module');
const os = require('node:os');
const path = require('node:path');
const { cachedDataVersionTag, getHeapCodeStatistics } = require('node:v8');
const { Script } = require('node:vm');

const DIGEST_BYTES = 20;
const HEADER_BYTES = DIGEST_BYTES + 4;
/** A run that has compiled so much more than the one whose code is kept leaves its own instead. */
const MUCH_MORE = 1.05;
/** After longer runs, seconds, V8 has begun to forget what it has not needed for a while. */
const LONGEST_RUN = 10;
/** Of each file: other versions of the program may be in use as well. */
const MOST_VERSIONS = 3;
/** The name of a file that was built: a part of it tells the version. */
const VERSIONED = /^(.+)-[\w-]{8}\.cjs$/;
const parameters = 'exports, require, module, __filename, __dirname';
const [head, tail] = [`(function (${parameters}) { `, '\n})'];

/** Files that require each other, and what of their code is kept. */
class Program {
  #modules = new Map();
  #toKeep = [];
  #folder;
  #flags = cachedDataVersionTag();

  /** @param {string | null} folder where code is kept */
  constructor(folder) {
    this.#folder = folder;
  }

  load(file) {
    const known = this.#modules.get(file);
    if (known) return known.exports;
    const module = { exports: {} };
    this.#modules.set(file, module);
    const others = createRequire(file);
    const require = (id) => (id.startsWith('./') ? this.load(path.join(path.dirname(file), id)) : others(id));
    this.#compile(file).call(module.exports, module.exports, require, module, file, path.dirname(file));
    return module.exports;
  }

  #compile(file) {
    const source = fs.readFileSync(file);
    // V8 takes no code that was made under other flags: what is loaded after they have changed is compiled each time.
    const isKept = this.#folder !== null && cachedDataVersionTag() === this.#flags;
    const name = path.basename(file);
    const kept = isKept ? read(path.join(this.#folder, name), source) : null;
    const options = { filename: file, columnOffset: -head.length, cachedData: kept?.code };
    const script = new Script(head + source.utf8Slice() + tail, options);
    const size = script.cachedDataRejected ? 0 : (kept?.size ?? 0);
    if (isKept) this.#toKeep.push({ name, source, script, size });
    return script.runInThisContext();
  }

  /** Keeps the code of what has been loaded, where it is more than what is kept. */
  keep() {
    if (process.uptime() > LONGEST_RUN) return;
    const size = getHeapCodeStatistics().bytecode_and_metadata_size;
    const more = this.#toKeep.filter((one) => size > one.size * MUCH_MORE);
    if (more.length === 0) return;
    fs.mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    for (const { name, source, script } of more) {
      write(path.join(this.#folder, name), source, script.createCachedData(), size);
      forgetOthers(this.#folder, name);
    }
  }
}

/** The quickest there is: it is asked for accidents, not for attacks. */
function digestOf(...parts) {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/**
 * V8 looks at no more of the source than its length, and believes whatever code
 * it is given. What a power cut has torn must not come so far, nor code of a
 * file that somebody has edited since.
 */
function read(file, source) {
  let all;
  try {
    all = fs.readFileSync(file);
  } catch {
    return null;
  }
  const isWhole = all.subarray(0, DIGEST_BYTES).equals(digestOf(source, all.subarray(DIGEST_BYTES)));
  return isWhole ? { code: all.subarray(HEADER_BYTES), size: all.readUInt32LE(DIGEST_BYTES) } : null;
}

function write(file, source, code, size) {
  const measure = Buffer.alloc(HEADER_BYTES - DIGEST_BYTES);
  measure.writeUInt32LE(size);
  const fresh = `${file}.${process.pid}.tmp`;
  const all = Buffer.concat([measure, code]);
  try {
    fs.writeFileSync(fresh, Buffer.concat([digestOf(source, all), all]), { flag: 'wx', mode: 0o600 });
    fs.renameSync(fresh, file);
  } catch (error) {
    fs.rmSync(fresh, { force: true });
    throw error;
  }
}

/** Other versions' code of the same file, but for the latest. */
function forgetOthers(folder, name) {
  const stem = VERSIONED.exec(name)?.[1];
  if (stem === undefined) return;
  const versions = fs
    .readdirSync(folder)
    .filter((other) => VERSIONED.exec(other)?.[1] === stem)
    .map((other) => path.join(folder, other))
    .map((file) => ({ file, at: fs.statSync(file).mtimeMs }))
    .sort((a, b) => b.at - a.at);
  for (const { file } of versions.slice(MOST_VERSIONS)) fs.rmSync(file, { force: true });
}

/** Nobody else can have put anything there: code that is kept is code that is run. */
function isOurs(folder) {
  const user = process.getuid?.();
  const { uid, mode } = fs.statSync(folder, { throwIfNoEntry: false }) ?? { uid: user, mode: 0 };
  return user === undefined || (uid === user && (mode & 0o022) === 0);
}

/** Where code is kept that this very Node takes; null where it is not to be kept. */
function folderOfCode() {
  const { NODE_DISABLE_COMPILE_CACHE, NODE_V8_COVERAGE, XDG_CACHE_HOME } = process.env;
  if (NODE_DISABLE_COMPILE_CACHE || NODE_V8_COVERAGE) return null;
  try {
    const caches = XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
    const node = `${process.version}-${process.arch}-${cachedDataVersionTag().toString(16)}`;
    const folder = path.join(caches, 'multidown', 'code', node);
    return isOurs(folder) ? folder : null;
  } catch {
    return null;
  }
}

/** @param {string} file the program: it requires its other files by names that begin with `./` */
exports.load = function load(file) {
  const program = new Program(folderOfCode());
  process.on('exit', (code) => {
    if (code !== 0) return;
    try {
      program.keep();
    } catch {
      // A little slower the next time, then.
    }
  });
  program.load(file);
};
