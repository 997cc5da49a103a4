import { Refusal } from '../console/progress.mjs';

const WANTED = [20, 19];

/** Refuses a Node.js that is too old for what is installed next. */
export function checkNode(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  const isEnough = major > WANTED[0] || (major === WANTED[0] && minor >= WANTED[1]);
  if (!isEnough) {
    throw new Refusal(`Node.js ${WANTED.join('.')} or later is needed, this is ${version}`);
  }
}
