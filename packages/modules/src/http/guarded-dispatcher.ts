import { lookup } from 'node:dns';
import type { LookupAddress, LookupOptions } from 'node:dns';
import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { PhiError } from '@phi/core';
import { Agent, buildConnector } from 'undici';
import type { Dispatcher } from 'undici';
import { parseHttpAllowList } from './allow-list.js';
import type { HttpAllowList } from './allow-list.js';
import { isPublicAddress } from './public-address.js';

/** Answers all addresses of a host name. */
export type Resolve = (
  host: string,
  options: LookupOptions,
  answer: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

export interface GuardedDispatcherOptions {
  /** The entries of PHI_HTTP_ALLOW: where connections may go beyond the public Internet. */
  readonly allow: readonly string[];
  /** How long a connection may take to come about, in milliseconds. Default: 10 000. */
  readonly connectTimeoutMs?: number;
  /** How long the head of an answer, or the next piece of its body, may keep coming, in milliseconds. Default: 60 000. */
  readonly idleTimeoutMs?: number;
  /** Default: the system's. */
  readonly resolve?: Resolve;
}

const resolveBySystem: Resolve = (host, options, answer) => {
  lookup(host, { ...options, all: true }, answer);
};

const refusal = (host: string, port: number, addresses: readonly string[]): PhiError => {
  const what = addresses.includes(host) ? host : `${host} (${addresses.join(', ')})`;
  const target = host.includes(':') ? `[${host}]` : host;
  return new PhiError(
    'EXEC_020_PERMISSION_DENIED',
    `connections to ${what} are not allowed: it is no address of the public Internet; PHI_HTTP_ALLOW=${target}:${String(port)} of the executor would allow it`,
    { operation: 'http.connect', data: { host, port, addresses } },
  );
};

/** A lookup that answers only what may be dialled: what it answers is what the socket connects to. */
const guardedLookup =
  (resolve: Resolve, port: number, may: (host: string, address: string) => boolean): LookupFunction =>
  (host, options, answer) => {
    resolve(host, options, (error, found) => {
      if (error !== null) {
        answer(error, []);
        return;
      }
      const permitted = found.filter(({ address }) => may(host, address));
      const [first] = permitted;
      if (first === undefined)
        answer(
          refusal(
            host,
            port,
            found.map(({ address }) => address),
          ),
          [],
        );
      else if (options.all === true) answer(null, permitted);
      else answer(null, first.address, first.family);
    });
  };

const portOf = ({ port, protocol }: buildConnector.Options): number =>
  port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);

const guardedConnector = (
  options: GuardedDispatcherOptions,
  allowed: HttpAllowList,
): buildConnector.connector => {
  const resolve = options.resolve ?? resolveBySystem;
  const timeout = options.connectTimeoutMs ?? 10_000;
  return (target, callback) => {
    const port = portOf(target);
    const may = (host: string, address: string): boolean =>
      isPublicAddress(address) || allowed.permits(host, port, address);
    const host = target.hostname.replace(/^\[(.*)\]$/, '$1');
    // An address is dialled without a lookup.
    if (isIP(host) !== 0 && !may(host, host)) {
      callback(refusal(host, port, [host]), null);
      return;
    }
    buildConnector({ timeout, lookup: guardedLookup(resolve, port, may) })(target, callback);
  };
};

/** To one host; what is more waits its turn. */
const CONNECTIONS_AT_MOST = 64;

/**
 * What every request goes through whose address somebody else wrote. The address is judged when it is dialled, so that neither a name that
 * resolves to something else the second time, nor a redirect, nor another spelling (`0x7f.1`, `::ffff:127.0.0.1`) gets past.
 *
 * A refused connection fails with a PhiError EXEC_020_PERMISSION_DENIED that says which entry would allow it. Close it when done.
 *
 * @throws Error naming the entry of `allow` that cannot be read
 */
export const createGuardedDispatcher = (options: GuardedDispatcherOptions): Dispatcher => {
  const idle = options.idleTimeoutMs ?? 60_000;
  return new Agent({
    connect: guardedConnector(options, parseHttpAllowList(options.allow)),
    headersTimeout: idle,
    bodyTimeout: idle,
    connections: CONNECTIONS_AT_MOST,
  });
};
