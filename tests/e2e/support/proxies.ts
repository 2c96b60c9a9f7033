// nginx and Caddy with the configurations of examples/proxies, as they stand there but for addresses and paths.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { findProxy } from '../../../scripts/lib/proxies.mjs';
import { sleep } from './acceptance.ts';
import { runDirectory } from './canary.ts';
import { freePort } from './shell.ts';

const examples = join(import.meta.dirname, '../../../examples/proxies');

export type ProxyName = 'nginx' | 'caddy';

export interface Proxy {
  url: string;
  logs: string;
}

/** Between which two it stands: URLs. */
export interface Between {
  gate: string;
  origin: string;
}

const children: ChildProcess[] = [];
after(() => children.forEach((child) => child.kill()));

/** The example with the addresses of this run. */
function placed(file: string, { gate, origin }: Between, port: number, directory: string): string {
  const text = readFileSync(join(examples, file), 'utf8');
  const replaced = text.replaceAll('127.0.0.1:8787', new URL(gate).host).replaceAll('127.0.0.1:3000', new URL(origin).host)
    .replace('listen 8080;', `listen 127.0.0.1:${port};`).replace(':8080 {', `http://127.0.0.1:${port} {`).replaceAll('/var/log/nginx', directory);
  assert.ok(!/:(8787|3000|8080)\b/.test(replaced), `${file} names an address that this test does not know`);
  return replaced;
}

/** Starts a proxy with its example; it ends with the spec file. */
export async function startProxy(name: ProxyName, between: Between): Promise<Proxy> {
  mkdirSync(join(runDirectory, 'logs'), { recursive: true });
  const directory = mkdtempSync(join(runDirectory, 'logs', `${name}-`));
  const port = await freePort();
  const config = join(directory, 'config');
  const binary = findProxy(name) as string;
  if (name === 'nginx') {
    // An nginx of one's own, around the example: what distributions have in their nginx.conf.
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${directory}/${kind};`).join(' ');
    writeFileSync(config, `daemon off; ${process.getuid?.() === 0 ? 'user root;' : ''} pid ${directory}/pid; error_log ${directory}/error.log crit;\nevents {}\nhttp { ${paths} access_log off;\n${placed('nginx.conf', between, port, directory)}\n}\n`);
  } else {
    writeFileSync(config, `{\n admin off\n}\n${placed('Caddyfile', between, port, directory)}`);
  }
  const args = name === 'nginx' ? ['-p', directory, '-c', config, '-e', join(directory, 'error.log')] : ['run', '--adapter', 'caddyfile', '--config', config];
  const child = spawn(binary, args, { stdio: 'ignore', env: { ...process.env, HOME: directory, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory } });
  children.push(child);
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 100; tries++) {
    if (await fetch(url).then(() => true, () => false)) return { url, logs: directory };
    assert.equal(child.exitCode, null, `${name} has ended`);
    await sleep(100);
  }
  throw new Error(`${name} does not answer`);
}
