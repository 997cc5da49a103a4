import type { ApiRole } from '@phi/core';

/** What a key may do (specification: Access Control: job management, execution control, configuration access). */
export const PERMISSIONS = [
  'jobs:read',
  'jobs:write',
  'executions:read',
  'executions:trigger',
  'executions:cancel',
  'events:emit',
  'runs:read',
  'schedules:read',
  'schedules:control',
  'health:read',
  'queues:read',
  'config:read',
  'config:write',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** What a route demands of its caller: `public` nothing, `signed` that the request itself is signed. */
export type RouteAccess = Permission | 'public' | 'signed';

const VIEWER: readonly Permission[] = PERMISSIONS.filter((permission) => permission.endsWith(':read'));
const OPERATOR: readonly Permission[] = [
  ...VIEWER,
  'executions:trigger',
  'executions:cancel',
  'events:emit',
  'schedules:control',
];
const EDITOR: readonly Permission[] = [...OPERATOR, 'jobs:write'];
const ADMIN: readonly Permission[] = [...EDITOR, 'config:write'];

/** What each role may do; nothing else is permitted to anybody. */
export const ROLE_PERMISSIONS: Readonly<Record<ApiRole, ReadonlySet<Permission>>> = {
  viewer: new Set(VIEWER),
  operator: new Set(OPERATOR),
  editor: new Set(EDITOR),
  admin: new Set(ADMIN),
};
