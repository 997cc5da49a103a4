import type { FastifyInstance, RouteOptions } from 'fastify';

import { PERMISSIONS, type RouteAccess } from './permissions.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route demands of its caller. A route without it does not boot. */
    readonly permission?: RouteAccess;
    /** Whether a request of a `signed` route is signed by whom it should be, its body read. Without it the route does not boot. */
    readonly verify?: (request: FastifyRequest) => boolean;
    /** Whether a browser's session is as good as a key here: for pages that a person opens. */
    readonly browser?: boolean;
  }
}

export interface RegisteredRoute {
  readonly method: string;
  readonly url: string;
  readonly permission: RouteAccess;
}

/** A route was registered without saying who may call it. */
export class RouteWithoutPermission extends Error {
  override readonly name = 'RouteWithoutPermission';

  constructor(readonly routes: readonly string[]) {
    super(`no permission is registered for ${routes.join(', ')}`);
  }
}

/** Fastify goes on using the options that it hands out: what may change of them is kept here. */
interface Found {
  readonly methods: readonly string[];
  readonly url: string;
  readonly route: RouteOptions;
}

const ACCESSES: ReadonlySet<unknown> = new Set<RouteAccess>([...PERMISSIONS, 'public', 'signed']);

/**
 * Keeps the table of routes and what each demands.
 *
 * @returns reads the table once the app is ready
 */
export function registerRouteAccess(app: FastifyInstance): () => readonly RegisteredRoute[] {
  const found: Found[] = [];
  app.addHook('onRoute', (route) => {
    found.push({ methods: [route.method].flat(), url: route.url, route });
  });
  // Only now: a plugin's own hooks set the permission of its routes after this one saw them.
  app.addHook('onReady', async () => {
    const open = found.filter(({ route }) => !isGuarded(route));
    if (open.length > 0)
      throw new RouteWithoutPermission(open.map(({ methods, url }) => `${methods.join(', ')} ${url}`));
  });
  return () => found.flatMap(toRegistered);
}

function isGuarded({ config }: RouteOptions): boolean {
  if (config?.permission === 'signed') return config.verify !== undefined;
  return ACCESSES.has(config?.permission);
}

function toRegistered({ methods, url, route }: Found): RegisteredRoute[] {
  const permission = route.config?.permission;
  if (permission === undefined) return [];
  return methods.map((method) => ({ method, url, permission }));
}
