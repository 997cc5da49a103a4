import { BlockList, isIP, isIPv4 } from 'node:net';

/** Where connections may go beyond the public Internet. */
export interface HttpAllowList {
  /**
   * @param host as the URL has it, without brackets
   * @param address the IP address that is about to be dialled
   */
  permits(host: string, port: number, address: string): boolean;
}

const CIDR = /^(.+)\/(\d{1,3})$/;
const HOST = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/\s]+))(?::(\d{1,5}))?$/i;

interface AllowedHost {
  readonly host: string;
  /** Undefined for any. */
  readonly port: number | undefined;
}

const badEntry = (entry: string): Error =>
  new Error(
    `PHI_HTTP_ALLOW: "${entry}" cannot be read; accepted: a host (api.internal), host:port ([::1]:8080) or ` +
      'network (10.0.0.0/8), separated by commas',
  );

const family = (address: string): 'ipv4' | 'ipv6' => (isIPv4(address) ? 'ipv4' : 'ipv6');

/** Whether it was a network; then `networks` has it. */
const readNetwork = (entry: string, networks: BlockList): boolean => {
  const [, network, prefix] = CIDR.exec(entry) ?? [];
  if (network === undefined) return false;
  const bits = Number(prefix);
  if (isIP(network) === 0 || bits > (isIPv4(network) ? 32 : 128)) throw badEntry(entry);
  networks.addSubnet(network, bits, family(network));
  return true;
};

const readHost = (entry: string): AllowedHost => {
  // An IPv6 address has colons of its own: it is an entry by itself, or stands in brackets before a port.
  if (isIP(entry) === 6) return { host: entry.toLowerCase(), port: undefined };
  const [, bracketed, plain, port] = HOST.exec(entry) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || (bracketed !== undefined && isIP(bracketed) !== 6)) throw badEntry(entry);
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) throw badEntry(entry);
  return { host: host.toLowerCase(), port: port === undefined ? undefined : Number(port) };
};

/**
 * Reads the entries of PHI_HTTP_ALLOW: hosts and `host:port` as URLs have them, and networks of the address that is dialled.
 *
 * @throws Error naming the entry that cannot be read, and what is accepted
 */
export const parseHttpAllowList = (entries: readonly string[]): HttpAllowList => {
  const networks = new BlockList();
  const hosts = entries.filter((entry) => !readNetwork(entry, networks)).map(readHost);
  return {
    permits: (host, port, address) =>
      networks.check(address, family(address)) ||
      hosts.some((one) => one.host === host.toLowerCase() && (one.port ?? port) === port),
  };
};
