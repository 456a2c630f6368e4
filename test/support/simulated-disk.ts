/**
 * A file system in memory that remembers every operation, so that it can build
 * what a power cut might have left of them; and that can fail the k-th one.
 */
import { constants, type FileHandle } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { FileSystem } from '../../src/adapters/storage/file-system.ts';
import type { Random } from './random.ts';

interface FileNode {
  readonly kind: 'file';
  readonly id: number;
  bytes: Uint8Array;
  mode: number;
  /** When it was last written to: each write has a time of its own. */
  modifiedMs: number;
}

interface FolderNode {
  readonly kind: 'folder';
  readonly id: number;
  readonly entries: Map<string, Node>;
  mode: number;
}

type Node = FileNode | FolderNode;

/** A change that a power cut may lose, as long as nobody has synced what it belongs to. */
interface Change {
  /** Whose sync makes it durable. */
  readonly owner: number;
  /** The operation that made it. */
  readonly at: number;
  /** When a file was written to: fdatasync(2) does not wait for that. */
  readonly isTime: boolean;
  readonly apply: (state: State, how: 'whole' | 'torn', random: Random) => void;
  /** The operation from which on it is durable. */
  durableFrom: number;
  /** The sync that should have made it durable has failed, at this operation: no later one will. */
  lostFrom: number;
}

/** What a disk holds, by the numbers of files and folders. */
interface State {
  readonly files: Map<number, Uint8Array>;
  readonly times: Map<number, number>;
  readonly folders: Map<number, Map<string, number>>;
}

/** A disk writes whole sectors, bytes; they begin at multiples of this in the file. */
const SECTOR = 512;
const ROOT = 1;
/** As statfs(2) tells it. */
const EXT4 = 0xef53;

export type Fault = 'EIO' | 'ENOSPC' | 'EROFS' | 'EMFILE' | 'ENAMETOOLONG' | 'EDQUOT' | 'ENOENT' | 'short';

/** What kind of file system it is. */
export interface DiskKind {
  /** Has hard links. FAT and some network drives have none. */
  readonly hasLinks: boolean;
  /** Takes names that differ in case only, or in how Unicode composes them, for the same: as on macOS and Windows. */
  readonly foldsNames?: boolean;
}

export class SimulatedDisk {
  /** Operations so far that may fail. */
  operations = 0;
  /** What each of them was, for the text of a failed test. */
  readonly log: string[] = [];
  /** Files that are open. */
  open = 0;
  /** Fails the k-th operation, from 1. */
  faults: readonly { readonly at: number; readonly code: Fault }[] = [];

  /** Just one. */
  set fault(fault: { readonly at: number; readonly code: Fault }) {
    this.faults = [fault];
  }

  /** What the present operation meets. */
  get #met(): Fault | null {
    return this.faults.find(({ at }) => at === this.operations)?.code ?? null;
  }

  /** From this operation on nothing comes about any more, and nobody is answered: the process is dead. */
  stopAt = Number.POSITIVE_INFINITY;
  readonly #root: FolderNode = { kind: 'folder', id: ROOT, entries: new Map(), mode: 0o755 };
  readonly #changes: Change[] = [];
  #boot: number;
  /** Told from others by when it began. */
  #process: number;
  #ids = ROOT;
  #time = 0;
  readonly #kind: DiskKind;

  constructor(kind: DiskKind = { hasLinks: true }, boot = 1, process = 1) {
    this.#kind = kind;
    this.#boot = boot;
    this.#process = process;
  }

  /** The seam that storage takes. */
  get files(): FileSystem {
    const wrap =
      <Args extends readonly never[], Result>(name: string, run: (...args: Args) => Result) =>
      async (...args: Args): Promise<Result> => {
        await this.#live();
        this.#step(`${name} ${args.filter((arg) => typeof arg === 'string').join(' ')}`);
        return run(...args);
      };
    const api = {
      access: wrap('access', (path: string) => void this.#need(path)),
      chmod: wrap('chmod', (path: string, mode: number) => {
        this.#need(path).mode = mode;
      }),
      link: wrap('link', (from: string, to: string) => this.#link(from, to)),
      lstat: wrap('lstat', (path: string) => this.#stat(this.#need(path))),
      stat: wrap('stat', (path: string) => this.#stat(this.#need(path))),
      mkdir: wrap('mkdir', (path: string) => this.#mkdir(path)),
      open: wrap('open', (path: string, flags: string | number = 'r', mode = 0o666) => this.#open(path, flags, mode)),
      readdir: wrap('readdir', (path: string) => [...this.#folder(path).entries.keys()]),
      readFile: async (path: string) => this.#system(path),
      readlink: async (path: string) => {
        throw failed('ENOENT', path);
      },
      rename: wrap('rename', (from: string, to: string) => this.#rename(from, to)),
      rmdir: wrap('rmdir', (path: string) => this.#rmdir(path)),
      statfs: wrap('statfs', () => ({ bavail: 1e9, bsize: 4_096, type: EXT4 })),
      unlink: wrap('unlink', (path: string) => this.#unlink(path)),
    };
    const modifiedAt = (handle: unknown) => (handle as { modifiedAt(): number }).modifiedAt();
    return { ...api, modifiedAt } as unknown as FileSystem;
  }

  /** What stands there; null for nothing. */
  read(path: string): Uint8Array | null {
    const node = this.#find(path);
    return node?.kind === 'file' ? node.bytes : null;
  }

  /** Everything that is there, by path: folders end in a slash. */
  list(folder: FolderNode = this.#root, path = '/'): string[] {
    return [...folder.entries].flatMap(([name, node]) =>
      node.kind === 'file' ? [path + name] : [`${path}${name}/`, ...this.list(node, `${path}${name}/`)],
    );
  }

  /** Puts a file there that has been on the disk for long. */
  seed(path: string, bytes: Uint8Array): void {
    const before = this.#changes.length;
    for (let folder = dirname(path); this.#find(folder) === null; folder = dirname(path)) this.#mkdir(folder);
    const node: FileNode = { kind: 'file', id: this.#id(), bytes: bytes.slice(), mode: 0o644, modifiedMs: 0 };
    this.#enter(this.#folder(dirname(path)), [[basename(path), node]]);
    this.#write(node, bytes, 0);
    for (const change of this.#changes.slice(before)) change.durableFrom = 0;
  }

  /** A folder that has been there for long. */
  seedFolder(path: string): void {
    this.#mkdir(path);
    for (const change of this.#changes) change.durableFrom = 0;
  }

  /**
   * What a power cut could leave now, or could have left after an earlier
   * operation: all that was synced then; of the rest any part, torn between
   * sectors.
   */
  cut(random: Random, after = this.operations): SimulatedDisk {
    const state = emptyState();
    // Mostly lost, mostly kept, or anything: each is a different kind of bad luck.
    const luck = random.pick([0, 0.1, 0.5, 0.9, 1]);
    for (const change of this.#changes) {
      if (change.at > after) break;
      const isKept = change.durableFrom <= after || (change.lostFrom > after && random.chance(luck));
      if (isKept) change.apply(state, 'whole', random);
      else if (random.chance(0.3)) change.apply(state, 'torn', random);
    }
    const disk = new SimulatedDisk(this.#kind, this.#boot + 1);
    disk.#build(state, this.#ids);
    return disk;
  }

  /** The same disk for another process: nothing is lost, and who held what is gone. */
  kill(): SimulatedDisk {
    const disk = new SimulatedDisk(this.#kind, this.#boot, this.#process + 1);
    const state = emptyState();
    const whole = { chance: () => true } as unknown as Random;
    for (const change of this.#changes) change.apply(state, 'whole', whole);
    disk.#build(state, this.#ids, true);
    return disk;
  }

  /** The files keep their numbers, and new ones get others. */
  #build({ files, folders, times }: State, ids: number, keepsDoubt = false): void {
    this.#ids = ids;
    this.#time = Math.max(0, ...times.values());
    const made = new Map<number, Node>([[ROOT, this.#root]]);
    const visit = (folder: FolderNode, from: number) => {
      for (const [name, id] of folders.get(from) ?? []) {
        let node = made.get(id);
        if (!node) {
          node = folders.has(id)
            ? { kind: 'folder', id, entries: new Map(), mode: 0o755 }
            : { kind: 'file', id, bytes: new Uint8Array(), mode: 0o600, modifiedMs: 0 };
          made.set(id, node);
          if (node.kind === 'folder') {
            this.#enter(folder, [[name, node]]);
            visit(node, id);
            continue;
          }
          this.#note(node.id, ({ files: all }) => all.set(node?.id ?? 0, new Uint8Array()));
          this.#write(node, files.get(id) ?? new Uint8Array(), 0, times.get(id) ?? 0);
        }
        this.#enter(folder, [[name, node]]);
      }
    };
    visit(this.#root, ROOT);
    if (!keepsDoubt) for (const change of this.#changes) change.durableFrom = 0;
  }

  #id(): number {
    this.#ids += 1;
    return this.#ids;
  }

  /** Never comes back once the process is dead. */
  #live(): Promise<void> {
    return this.operations + 1 >= this.stopAt ? this.#die() : Promise.resolve();
  }

  #die(): Promise<void> {
    this.operations += 1;
    this.log.push('nothing more');
    return new Promise(() => {});
  }

  /** Counts an operation; fails it when its turn has come. */
  #step(what: string): void {
    this.operations += 1;
    this.log.push(what);
    const met = this.#met;
    if (met !== null && met !== 'short') throw failed(met, what);
  }

  #note(owner: number, apply: Change['apply'], isTime = false): void {
    const never = Number.POSITIVE_INFINITY;
    this.#changes.push({ owner, at: this.operations, isTime, apply, durableFrom: never, lostFrom: never });
  }

  /** What belongs to it and may still be lost. */
  #unsynced(owner: number): Change[] {
    return this.#changes.filter(
      (change) => change.owner === owner && change.durableFrom > this.operations && change.lostFrom > this.operations,
    );
  }

  #sync(owner: number, withTimes: boolean): void {
    for (const change of this.#unsynced(owner)) if (withTimes || !change.isTime) change.durableFrom = this.operations;
  }

  /** As Linux does: what could not be written counts as clean, and is dropped some time. */
  #lose(owner: number): void {
    for (const change of this.#unsynced(owner)) change.lostFrom = this.operations;
  }

  /** What the system says of itself. */
  #system(path: string): string {
    if (path.endsWith('/boot_id')) return `boot-${this.#boot}\n`;
    if (path.startsWith('/proc/')) return `1 (node) ${`${this.#process} `.repeat(30)}`;
    throw failed('ENOENT', path);
  }

  #find(path: string): Node | null {
    let node: Node = this.#root;
    for (const name of path.split('/').filter((part) => part !== '')) {
      const next: Node | undefined = node.kind === 'folder' ? node.entries.get(this.#key(node, name)) : undefined;
      if (!next) return null;
      node = next;
    }
    return node;
  }

  /** The name that stands there, if this one is taken for it. */
  #key({ entries }: FolderNode, name: string): string {
    if (!this.#kind.foldsNames) return name;
    const fold = (text: string) => text.normalize('NFC').toLowerCase();
    return [...entries.keys()].find((entry) => fold(entry) === fold(name)) ?? name;
  }

  #need(path: string): Node {
    const node = this.#find(path);
    if (!node) throw failed('ENOENT', path);
    return node;
  }

  #folder(path: string): FolderNode {
    const node = this.#need(path);
    if (node.kind !== 'folder') throw failed('ENOTDIR', path);
    return node;
  }

  /** Changes names in one folder, together: a rename is there or it is not. */
  #enter(folder: FolderNode, changes: readonly (readonly [string, Node | null])[]): void {
    const keyed = changes.map(([name, node]) => [this.#key(folder, name), node] as const);
    const noted = keyed.map(([name, node]) => [name, node?.id ?? null, node?.kind] as const);
    for (const [name, node] of keyed) {
      if (node) folder.entries.set(name, node);
      else folder.entries.delete(name);
    }
    this.#note(folder.id, ({ folders }, how) => {
      if (how === 'torn') return;
      const entries = folders.get(folder.id) ?? new Map<string, number>();
      folders.set(folder.id, entries);
      for (const [name, id, kind] of noted) {
        if (id === null) entries.delete(name);
        else entries.set(name, id);
        // A new folder and its name come together.
        if (id !== null && kind === 'folder' && !folders.has(id)) folders.set(id, new Map());
      }
    });
  }

  #mkdir(path: string): void {
    if (this.#find(path)) throw failed('EEXIST', path);
    const above = this.#folder(dirname(path));
    const node: FolderNode = { kind: 'folder', id: this.#id(), entries: new Map(), mode: 0o755 };
    this.#enter(above, [[basename(path), node]]);
  }

  #rmdir(path: string): void {
    const node = this.#folder(path);
    if (node.entries.size > 0) throw failed('ENOTEMPTY', path);
    this.#enter(this.#folder(dirname(path)), [[basename(path), null]]);
  }

  #link(from: string, to: string): void {
    if (!this.#kind.hasLinks) throw failed('EPERM', to);
    const node = this.#need(from);
    if (this.#find(to)) throw failed('EEXIST', to);
    this.#enter(this.#folder(dirname(to)), [[basename(to), node]]);
  }

  #unlink(path: string): void {
    if (this.#need(path).kind !== 'file') throw failed('EPERM', path);
    this.#enter(this.#folder(dirname(path)), [[basename(path), null]]);
  }

  #rename(from: string, to: string): void {
    const node = this.#need(from);
    const [source, goal] = [this.#folder(dirname(from)), this.#folder(dirname(to))];
    // POSIX: two names of one file stay as they are.
    if (this.#find(to) === node) return;
    if (source === goal) {
      return this.#enter(source, [
        [basename(from), null],
        [basename(to), node],
      ]);
    }
    // Between two folders the new name is there before the old one is gone.
    this.#enter(goal, [[basename(to), node]]);
    this.#enter(source, [[basename(from), null]]);
  }

  #stat(node: Node) {
    const size = node.kind === 'file' ? node.bytes.length : 0;
    return {
      size,
      ino: node.id,
      mtimeMs: node.kind === 'file' ? node.modifiedMs : 0,
      blocks: Math.ceil(size / SECTOR),
      mode: node.mode,
      nlink: this.#links(node),
      isFile: () => node.kind === 'file',
      isDirectory: () => node.kind === 'folder',
      isSymbolicLink: () => false,
    };
  }

  #links(node: Node, folder: FolderNode = this.#root): number {
    let count = 0;
    for (const entry of folder.entries.values()) {
      if (entry === node) count += 1;
      if (entry.kind === 'folder') count += this.#links(node, entry);
    }
    return count;
  }

  #touch(node: FileNode, at?: number): number {
    this.#time += 1;
    node.modifiedMs = at ?? this.#time;
    return node.modifiedMs;
  }

  #write(node: FileNode, bytes: Uint8Array, position: number, at?: number): void {
    const copy = bytes.slice();
    node.bytes = patched(node.bytes, copy, position);
    this.#noteTime(node, at);
    this.#note(node.id, ({ files }, how, random) => {
      const held = files.get(node.id) ?? new Uint8Array();
      if (how === 'whole') return void files.set(node.id, patched(held, copy, position));
      // Some sectors of it; and the length may have grown without them.
      let torn = random.chance(0.5) ? patched(held, new Uint8Array(0), position + copy.length) : held;
      for (let from = 0; from < copy.length; ) {
        const to = Math.min(copy.length, from + SECTOR - ((position + from) % SECTOR));
        if (random.chance(0.5)) torn = patched(torn, copy.subarray(from, to), position + from);
        from = to;
      }
      files.set(node.id, torn);
    });
  }

  #truncate(node: FileNode, size: number): void {
    node.bytes = resized(node.bytes, size);
    this.#noteTime(node);
    this.#note(node.id, ({ files }, how) => {
      if (how === 'whole') files.set(node.id, resized(files.get(node.id) ?? new Uint8Array(), size));
    });
  }

  /** On the disk a file's time is a change of its own: without the bytes, or the bytes without it. */
  #noteTime(node: FileNode, at?: number): void {
    const time = this.#touch(node, at);
    const apply: Change['apply'] = ({ times }, how) => void (how === 'whole' && times.set(node.id, time));
    this.#note(node.id, apply, true);
  }

  #open(path: string, flags: string | number, mode: number): FileHandle {
    const has = (flag: number) => typeof flags === 'number' && (flags & flag) === flag;
    const isMaking = has(constants.O_CREAT) || flags === 'w' || flags === 'wx';
    let node = this.#find(path);
    if (node && (flags === 'wx' || has(constants.O_EXCL))) throw failed('EEXIST', path);
    if (!node) {
      if (!isMaking) throw failed('ENOENT', path);
      const file: FileNode = { kind: 'file', id: this.#id(), bytes: new Uint8Array(), mode, modifiedMs: this.#time };
      this.#enter(this.#folder(dirname(path)), [[basename(path), file]]);
      node = file;
    } else if (flags === 'w' && node.kind === 'file') this.#truncate(node, 0);
    return this.#handle(node, path);
  }

  #handle(node: Node, path: string): FileHandle {
    this.open += 1;
    let isOpen = true;
    let position = 0;
    const file = (): FileNode => {
      if (node.kind !== 'file') throw failed('EISDIR', path);
      return node;
    };
    const step = (name: string) => {
      if (!isOpen) throw failed('EBADF', path);
      this.#step(`${name} ${path}`);
    };
    const isShort = () => this.#met === 'short';
    const write = (bytes: Uint8Array, at: number): number => {
      const written = isShort() ? bytes.subarray(0, Math.ceil(bytes.length / 2)) : bytes;
      this.#write(file(), written, at);
      return written.length;
    };
    const disk = this;
    const sync = async (name: string) => {
      await disk.#live();
      try {
        step(name);
      } catch (error) {
        disk.#lose(node.id);
        throw error;
      }
      disk.#sync(node.id, name === 'sync');
    };
    const handle = {
      modifiedAt: () => file().modifiedMs,
      async write(bytes: Uint8Array, offset: number, length: number, at: number) {
        await disk.#live();
        step('write');
        return { bytesWritten: write(bytes.subarray(offset, offset + length), at) };
      },
      async writev(chunks: readonly Uint8Array[], at: number) {
        await disk.#live();
        step('writev');
        return { bytesWritten: write(Buffer.concat([...chunks]), at) };
      },
      async writeFile(text: string | Uint8Array) {
        await disk.#live();
        step('writeFile');
        const bytes = typeof text === 'string' ? Buffer.from(text) : text;
        // Node writes on until all of it is there.
        disk.#write(file(), bytes, position);
        position += bytes.length;
      },
      async readFile(encoding?: string) {
        await disk.#live();
        step('readFile');
        const bytes = Buffer.from(file().bytes);
        return encoding ? bytes.toString('utf8') : bytes;
      },
      async read(buffer: Uint8Array, offset: number, length: number, at: number) {
        await disk.#live();
        step('read');
        const bytes = file().bytes.subarray(at, at + length);
        buffer.set(bytes, offset);
        return { bytesRead: bytes.length, buffer };
      },
      truncate: async (size: number) => {
        await disk.#live();
        step('truncate');
        this.#truncate(file(), size);
      },
      chmod: async (mode: number) => {
        await disk.#live();
        step('chmod');
        node.mode = mode;
      },
      stat: async () => {
        await disk.#live();
        step('fstat');
        return this.#stat(node);
      },
      datasync: () => sync('datasync'),
      sync: () => sync('sync'),
      close: async () => {
        await disk.#live();
        if (isOpen) this.open -= 1;
        isOpen = false;
        this.#step(`close ${path}`);
      },
    };
    return handle as unknown as FileHandle;
  }
}

function emptyState(): State {
  return { files: new Map(), times: new Map(), folders: new Map([[ROOT, new Map()]]) };
}

function patched(held: Uint8Array, bytes: Uint8Array, position: number): Uint8Array {
  // Within its length it is written over in place: copies would cost most of the time.
  const end = position + bytes.length;
  const next = end <= held.length ? held : resized(held, end);
  next.set(bytes, position);
  return next;
}

function resized(held: Uint8Array, size: number): Uint8Array {
  const next = new Uint8Array(size);
  next.set(held.subarray(0, size));
  return next;
}

function failed(code: string, what: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: made up, ${what}`), { code });
}
