import { alpha } from './alpha/alpha.js';
import { beta } from './beta/beta.js';
import type { Module } from './contract/define-module.js';
import { epsilon } from './epsilon/epsilon.js';
import { gamma } from './gamma/gamma.js';

/** The modules that come with Phi. */
export const BUILTIN_MODULES: readonly Module[] = [alpha, beta, gamma, epsilon];
