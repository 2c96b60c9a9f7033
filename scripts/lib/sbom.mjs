// The bill of materials, as CycloneDX 1.6: the crates in the wasm, the packages in the pages, and what we build and test
// with. It is made of the two lock files alone, so that the same tree always has the same one.
import { createHash } from 'node:crypto';
import { read } from './env.mjs';
import { crates } from './supply.mjs';

/** What the pages have in them: the packages that dashboard/src imports. Everything else from npm is a tool. */
export const inPages = ['preact', '@preact/signals', '@preact/signals-core', 'openapi-fetch', 'uplot', 'uqr'];

/**
 * `scope` is `required` for what is in what is deployed, and `excluded` for tools.
 * @typedef {{ type: 'library', 'bom-ref': string, name: string, version: string, scope: 'required' | 'excluded', purl: string,
 *   hashes?: { alg: string, content: string }[], licenses?: ({ license: { name: string } } | { expression: string })[] }} Component
 */

/** @returns {Promise<Record<string, any> & { components: Component[] }>} */
export async function sbom() {
  const components = [...(await crates()).map(ofCrate), ...packages(JSON.parse(read('package-lock.json')))];
  const version = /^version = "(.+)"$/m.exec(read('Cargo.toml'))?.[1] ?? '';
  const ref = `pkg:cargo/latchkey@${version}`;
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuid(JSON.stringify(components))}`,
    version: 1,
    metadata: { component: { type: 'application', 'bom-ref': ref, name: 'latchkey', version, purl: ref, licenses: [{ expression: 'MIT OR Apache-2.0' }] } },
    components,
    dependencies: [{ ref, dependsOn: components.filter(({ scope }) => scope === 'required').map((component) => component['bom-ref']) }],
  };
}

/** @param {import('./supply.mjs').Crate} crate @returns {Component} */
function ofCrate({ name, version, license, sha256 }) {
  const purl = `pkg:cargo/${name}@${version}`;
  return {
    type: 'library', 'bom-ref': purl, name, version, scope: 'required', purl,
    ...(sha256 ? { hashes: [{ alg: 'SHA-256', content: sha256 }] } : {}),
    // The slash is what SPDX calls OR, from before cargo asked for an expression.
    licenses: [{ expression: license.replaceAll('/', ' OR ') }],
  };
}

/**
 * Each package once, however often it is installed.
 * @param {{ packages: Record<string, { version?: string, integrity?: string, license?: string, link?: boolean }> }} lock
 */
function packages(lock) {
  /** @type {Map<string, Component>} */
  const found = new Map();
  for (const [path, { version = '', integrity = '', license, link }] of Object.entries(lock.packages)) {
    // The root, and the client, which is ours and linked.
    if (!path.startsWith('node_modules/') || link) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
    const [, sum] = /^sha512-(.+)$/.exec(integrity) ?? [];
    found.set(purl, {
      type: 'library', 'bom-ref': purl, name, version, scope: inPages.includes(name) ? 'required' : 'excluded', purl,
      ...(sum ? { hashes: [{ alg: 'SHA-512', content: Buffer.from(sum, 'base64').toString('hex') }] } : {}),
      ...(license ? { licenses: [/ (OR|AND) /.test(license) ? { expression: license } : { license: { name: license } }] } : {}),
    });
  }
  return [...found.values()].sort((one, other) => (one.purl < other.purl ? -1 : 1));
}

/** A UUID that is a digest (version 8). @param {string} text */
function uuid(text) {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
