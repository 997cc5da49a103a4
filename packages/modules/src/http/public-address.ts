import { BlockList, isIPv4 } from 'node:net';

/** What is not for everybody to reach, of IANA's special-purpose registry; the cloud's metadata addresses are among them. */
const SPECIAL_IPV4: readonly (readonly [network: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  // Azure's platform service: a public address that every virtual machine there reaches.
  ['168.63.129.16', 32],
];

/** Of the global unicast range: protocol assignments with Teredo, documentation, and 6to4, which stands for an IPv4 address. */
const SPECIAL_IPV6: readonly (readonly [network: string, prefix: number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const special = new BlockList();
for (const [network, prefix] of SPECIAL_IPV4) special.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of SPECIAL_IPV6) special.addSubnet(network, prefix, 'ipv6');

const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');

const mapped = new BlockList();
mapped.addSubnet('::ffff:0:0', 96, 'ipv6');

/**
 * Whether an IP address is one of the public Internet. An IPv6 address that stands for an IPv4 one (`::ffff:127.0.0.1`) is judged
 * as that one; every other that is not global unicast (loopback, link-local, unique local, NAT64, ...) is not public.
 */
export const isPublicAddress = (address: string): boolean => {
  if (isIPv4(address)) return !special.check(address, 'ipv4');
  if (mapped.check(address, 'ipv6')) return !special.check(address, 'ipv6');
  return globalUnicast.check(address, 'ipv6') && !special.check(address, 'ipv6');
};
