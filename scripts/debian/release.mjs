import { readFile } from 'node:fs/promises';

import { findProgram } from '../process/find-program.mjs';

const TOOLS = ['apt-get', 'apt-cache', 'dpkg-deb', 'dpkg-query', 'ldd'];

/** Whether this is a Debian or Ubuntu with its package tools. */
export async function isDebian() {
  if (process.platform !== 'linux') return false;
  if (!TOOLS.every((name) => findProgram(name))) return false;
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/mu.test(release);
}

/** Tells apart what was unpacked on different releases and processors. */
export async function releaseName() {
  const release = await readFile('/etc/os-release', 'utf8');
  const field = (name) => new RegExp(`^${name}="?([^"\\n]*)"?$`, 'mu').exec(release)?.[1] ?? '';
  return `${field('ID')}${field('VERSION_ID')}-${process.arch}`;
}
