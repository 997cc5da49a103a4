export { readEnvironment, type Environment, type Variables } from './environment.js';
export { firstSignal } from './first-signal.js';
export { Loop } from './loop.js';
export { openServices, waitForRedis, type OpenServices } from './open-services.js';
export { readCallbacks, type ReadCallbacks } from './read-callbacks.js';
export { readModules, type ReadModules } from './read-modules.js';
export { tellResourceChanges } from './tell-resource-changes.js';
export { runService, type RunningService, type ServiceDefinition } from './run-service.js';
