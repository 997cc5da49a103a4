import type { PhiConfig } from '../config/parameters.js';
import type { ErrorCode } from '../errors/error-codes.js';
import type { EmergencyAction, ResourceType } from '../schema/resource-exhaustion-error.js';

/** Whose resource it is: that of the host an executor runs on, or that of the Redis which all share. */
export const RESOURCE_SOURCES = ['EXECUTOR', 'REDIS'] as const;
export type ResourceSource = (typeof RESOURCE_SOURCES)[number];

export interface WatchedResource {
  readonly resource_type: ResourceType;
  readonly source: ResourceSource;
  /** The share in use from which on it is exhausted, 0-1; 0: it is not watched. */
  readonly threshold: (config: PhiConfig) => number;
  readonly actions: (config: PhiConfig) => readonly EmergencyAction[];
}

/** Every resource that is measured (specification: Resource Exhaustion Errors). */
export const WATCHED_RESOURCES = {
  HOST_MEMORY: {
    resource_type: 'MEMORY',
    source: 'EXECUTOR',
    threshold: (config) => config.RESOURCE_MEMORY_THRESHOLD,
    actions: (config) => config.RESOURCE_MEMORY_ACTIONS,
  },
  HOST_CPU: {
    resource_type: 'CPU',
    source: 'EXECUTOR',
    threshold: (config) => config.RESOURCE_CPU_THRESHOLD,
    actions: (config) => config.RESOURCE_CPU_ACTIONS,
  },
  HOST_DISK: {
    resource_type: 'DISK',
    source: 'EXECUTOR',
    threshold: (config) => config.RESOURCE_DISK_THRESHOLD,
    actions: (config) => config.RESOURCE_DISK_ACTIONS,
  },
  REDIS_MEMORY: {
    resource_type: 'MEMORY',
    source: 'REDIS',
    threshold: (config) => config.RESOURCE_REDIS_MEMORY_THRESHOLD,
    actions: (config) => config.RESOURCE_REDIS_MEMORY_ACTIONS,
  },
  REDIS_CONNECTIONS: {
    resource_type: 'CONNECTIONS',
    source: 'REDIS',
    threshold: (config) => config.RESOURCE_CONNECTIONS_THRESHOLD,
    actions: (config) => config.RESOURCE_CONNECTIONS_ACTIONS,
  },
} as const satisfies Record<string, WatchedResource>;
export type WatchedResourceName = keyof typeof WATCHED_RESOURCES;

/** The error code that says a resource is exhausted. */
export const EXHAUSTION_CODES = {
  MEMORY: 'RES_001_MEMORY_EXHAUSTED',
  CPU: 'RES_002_CPU_EXHAUSTED',
  DISK: 'RES_003_DISK_EXHAUSTED',
  CONNECTIONS: 'RES_004_CONNECTIONS_EXHAUSTED',
} as const satisfies Record<ResourceType, ErrorCode>;
export type ExhaustionCode = (typeof EXHAUSTION_CODES)[ResourceType];
