import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Entry, parseLog } from './access-log.ts';

/** The doors of the bench's server; all of them serve the same folder. */
export interface Ports {
  readonly plain: number;
  readonly tls: number;
  /** 4 MiB/s for each connection. */
  readonly capped: number;
  /** 50 MiB/s for each connection. */
  readonly swift: number;
  /** Small socket buffers: what it notes as sent is nearly what was read. */
  readonly narrow: number;
  /** Four connections at a time, with small socket buffers; 503 to all others. */
  readonly few: number;
  readonly status: number;
}

export interface Nginx {
  readonly ports: Ports;
  /** Forgets the requests so far. */
  clear(): Promise<void>;
  /** The requests since, once every connection is over. */
  requests(): Promise<Entry[]>;
  close(): Promise<void>;
}

const PATIENCE_MS = 5_000;
const FEW = 4;

/** Starts nginx with everything it writes in `home`, serving `root`. */
export async function startNginx(program: string, home: string, root: string): Promise<Nginx> {
  await mkdir(join(home, 'temp'), { recursive: true });
  const [plain = 0, tls = 0, capped = 0, swift = 0, narrow = 0, few = 0, status = 0] = await freePorts(7);
  const ports = { plain, tls, capped, swift, narrow, few, status };
  makeCertificate(home);
  await writeFile(join(home, 'nginx.conf'), configuration(home, root, ports));
  const child = spawn(program, ['-p', home, '-c', join(home, 'nginx.conf'), '-e', join(home, 'error.log')], {
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  // However the bench ends, the server does not outlive it.
  const kill = () => child.kill();
  process.prependOnceListener('exit', kill);
  const log = join(home, 'access.log');
  for (const patience = Date.now() + PATIENCE_MS; (await active(status)) === null; await sleep(20)) {
    if (child.exitCode === null && Date.now() < patience) continue;
    child.kill();
    throw new Error(`nginx did not start.\n${await readFile(join(home, 'error.log'), 'utf8').catch(() => '')}`);
  }
  return {
    ports,
    clear: () => truncate(log),
    requests: async () => {
      // A connection that was left is noted when the server finds out. The one left over is the question itself.
      for (const patience = Date.now() + PATIENCE_MS; Date.now() < patience && (await active(status)) !== 1; )
        await sleep(20);
      return parseLog(await readFile(log, 'utf8'));
    },
    close: async () => {
      process.off('exit', kill);
      child.kill();
      await ended;
    },
  };
}

/** How many connections it has open; null when it does not answer. */
async function active(port: number): Promise<number | null> {
  const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } }).catch(() => null);
  const found = /Active connections: (\d+)/.exec((await answer?.text()) ?? '');
  return found ? Number(found[1]) : null;
}

function makeCertificate(home: string): void {
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const files = ['-keyout', join(home, 'key.pem'), '-out', join(home, 'cert.pem')];
  execFileSync('openssl', [...args, ...names, ...files], { stdio: 'ignore' });
}

function configuration(home: string, root: string, { plain, tls, capped, swift, narrow, few, status }: Ports): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const format = [
    '$status',
    '$body_bytes_sent',
    '$sent_http_content_length',
    '$request_time',
    '$connection',
    '$http_range',
  ];
  // Started by root, its workers would be somebody else, whom the bench's folder does not let in.
  const { uid, username } = userInfo();
  return `
${uid === 0 ? `user ${username};` : ''}
daemon off;
worker_processes 2;
pid ${home}/nginx.pid;
error_log ${home}/error.log;
events { worker_connections 1024; }
http {
  ${temporary.map((name) => `${name}_temp_path ${home}/temp/${name};`).join('\n  ')}
  log_format facts '${format.join('\\t')}';
  access_log ${home}/access.log facts;
  default_type application/octet-stream;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000;
  root ${root};
  server { listen 127.0.0.1:${plain}; }
  server {
    listen 127.0.0.1:${tls} ssl;
    ssl_certificate ${home}/cert.pem;
    ssl_certificate_key ${home}/key.pem;
    ssl_session_cache shared:bench:1m;
  }
  server { listen 127.0.0.1:${capped}; limit_rate 4m; }
  server { listen 127.0.0.1:${swift}; limit_rate 50m; }
  server { listen 127.0.0.1:${narrow} sndbuf=64k; limit_rate 16m; }
  limit_conn_zone $binary_remote_addr zone=few:1m;
  server {
    listen 127.0.0.1:${few} sndbuf=64k;
    limit_conn few ${FEW};
    limit_conn_log_level notice;
  }
  server {
    listen 127.0.0.1:${status};
    access_log off;
    location / { stub_status; }
  }
}
`;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
