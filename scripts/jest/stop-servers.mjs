export default async function teardown() {
  await Promise.all(globalThis.phiTestServers.map((server) => server.stop()));
}
