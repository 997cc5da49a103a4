export default async function teardown() {
  await globalThis.phiTestRedis?.stop();
}
