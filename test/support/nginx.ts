import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeTempDir } from './temp-dir.ts';

export interface NginxOptions {
  /** The folder that is served at `/`. */
  readonly root: string;
  /** Bytes a second of each connection. Default no limit. */
  readonly limitRate?: number;
  /** More directives for `server { }`. */
  readonly server?: string;
  /** More directives for `http { }`. */
  readonly http?: string;
}

export interface Nginx extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly base: string;
  /** Lines of the access log so far: method and path, Range (or -), status, body bytes sent. */
  log(): Promise<NginxLogEntry[]>;
  close(): Promise<void>;
}

export interface NginxLogEntry {
  readonly request: string;
  readonly range: string;
  readonly status: number;
  readonly bytesSent: number;
}

/** Where the system's nginx is; null when there is none. */
export function findNginx(): string | null {
  // Debian keeps it where a plain user's PATH does not look.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin'];
  return folders.map((folder) => join(folder, 'nginx')).find((file) => existsSync(file)) ?? null;
}

/** Starts the system's nginx on a free port of 127.0.0.1, with everything it writes in a folder of its own. */
export async function startNginx(options: NginxOptions): Promise<Nginx> {
  const program = findNginx();
  if (program === null) {
    throw new Error(
      'These tests need nginx, which is not on this machine. Install it with: apt-get install nginx-light',
    );
  }
  const home = await makeTempDir();
  await mkdir(home.file('temp'));
  const port = await freePort();
  await writeFile(home.file('nginx.conf'), configuration(home.path, port, options));
  const child = spawn(program, ['-p', home.path, '-c', home.file('nginx.conf'), '-e', home.file('error.log')], {
    stdio: 'ignore',
  });
  let hasEnded = false;
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      hasEnded = true;
      resolve();
    };
    child.once('error', end);
    child.once('exit', end);
  });

  async function close(): Promise<void> {
    child.kill('SIGTERM');
    await ended;
    await home.remove();
  }

  for (const patience = Date.now() + 10_000; !(await answers(port)); await sleep(20)) {
    if (!hasEnded && Date.now() < patience) continue;
    const why = await readFile(home.file('error.log'), 'utf8').catch(() => '');
    await close();
    throw new Error(`nginx did not start.\n${why}`);
  }

  return {
    base: `http://127.0.0.1:${port}`,
    close,
    [Symbol.asyncDispose]: close,
    async log() {
      const text = await readFile(home.file('access.log'), 'utf8').catch(() => '');
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => {
          const [request = '', range = '', status = '', bytes = ''] = line.split('\t');
          return { request, range, status: Number(status), bytesSent: Number(bytes) };
        });
    },
  };
}

function configuration(
  home: string,
  port: number,
  { root, limitRate = 0, server = '', http = '' }: NginxOptions,
): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
master_process off;
pid ${home}/nginx.pid;
error_log ${home}/error.log;
events { worker_connections 512; }
http {
  ${temporary.map((name) => `${name}_temp_path ${home}/temp/${name};`).join('\n  ')}
  log_format facts '$request_method $request_uri\t$http_range\t$status\t$body_bytes_sent';
  access_log ${home}/access.log facts;
  default_type application/octet-stream;
  sendfile on;
  ${http}
  server {
    listen 127.0.0.1:${port};
    root ${root};
    limit_rate ${limitRate};
    ${server}
  }
}
`;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('The system gave no free port.');
  return address.port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
