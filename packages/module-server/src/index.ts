export { DirectoryTaken } from './directory-lock.js';
export { isLoopback } from './http/access.js';
export { JournalDamaged } from './jobs/journal.js';
export type { Stopped } from './jobs/module-jobs.js';
export type { Directories, ModuleServerOptions, ServerLog } from './module-server-options.js';
export { openModuleServer, type ModuleServer } from './open-module-server.js';
